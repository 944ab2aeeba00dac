package storetest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// badRow appends a row that cannot be stored, at different places of a batch,
// and finds nothing of it.
func (s Suite) badRow(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[reading]{})
	for _, n := range []int{1, 3, 300} {
		for _, at := range []int{0, n / 2, n - 1} {
			rows := readings(0, n)
			rows[at].Volume = math.NaN()
			err := tab.Append(t.Context(), rows)
			var row *table.RowError
			if !errors.As(err, &row) || !errors.Is(err, schema.ErrNaN) {
				t.Fatalf("error is %v, want a *RowError of schema.ErrNaN", err)
			}
			if row.Row != at || row.Column != "volume" || row.Table != "reading" {
				t.Errorf("the error names row %d, column %q of table %q, want %d, volume and reading", row.Row, row.Column, row.Table, at)
			}
			if v, ok := row.Value.(float64); !ok || !math.IsNaN(v) {
				t.Errorf("the error gives the value %v, want NaN", row.Value)
			}
			if _, err := tab.AppendOnce(t.Context(), "bad", rows); !errors.As(err, &row) {
				t.Errorf("AppendOnce: error is %v, want a *RowError", err)
			}
		}
	}
	want(t, tab.View, nil)
	if done, err := tab.Done(t.Context(), "bad"); done || err != nil {
		t.Errorf("the key of a batch that failed is done: %v, %v", done, err)
	}
	if applied, err := tab.AppendOnce(t.Context(), "bad", readings(0, 2)); !applied || err != nil {
		t.Errorf("the key cannot be used any more: %v, %v", applied, err)
	}
}

// badBinder writes rows that break the contract of schema.Writer.
func (s Suite) badBinder(t *testing.T) {
	b := s.Open(t)
	two := mustSchema(t, "two", schema.Column{Name: "n", Type: schema.Int64}, schema.Column{Name: "x", Type: schema.Text})
	if err := b.Ensure(t.Context(), two, store.Strict); err != nil {
		t.Fatal(err)
	}
	for name, write := range map[string]func(w schema.Writer){
		"nothing":        func(schema.Writer) {},
		"too few":        func(w schema.Writer) { w.Int64(0, 1) },
		"out of order":   func(w schema.Writer) { w.Text(1, "a"); w.Int64(0, 1) },
		"twice":          func(w schema.Writer) { w.Int64(0, 1); w.Int64(0, 1); w.Text(1, "a") },
		"too many":       func(w schema.Writer) { w.Int64(0, 1); w.Text(1, "a"); w.Int64(2, 1) },
		"another type":   func(w schema.Writer) { w.Text(0, "a"); w.Text(1, "a") },
		"a blob":         func(w schema.Writer) { w.Int64(0, 1); w.Blob(1, []byte("a")) },
		"a float":        func(w schema.Writer) { w.Float64(0, 1); w.Text(1, "a") },
		"a bool":         func(w schema.Writer) { w.Int64(0, 1); w.Bool(1, true) },
		"before first":   func(w schema.Writer) { w.Int64(-1, 1); w.Int64(0, 1); w.Text(1, "a") },
		"null, not null": func(w schema.Writer) { w.Int64(0, 1); w.Null(1) },
	} {
		res, err := store.Insert(t.Context(), b, &store.Batch{Schema: two, Rows: rawRows{write}})
		var row *store.RowError
		if !errors.As(err, &row) {
			t.Errorf("%s: error is %v, want a *store.RowError", name, err)
		}
		if diff := cmp.Diff(store.Result{}, res); diff != "" {
			t.Errorf("%s: result (-want +got):\n%s", name, diff)
		}
	}
}

// check breaks a CHECK, and finds nothing of the batch.
func (s Suite) check(t *testing.T) {
	type checked struct {
		N      int64
		Volume float64 `db:",check=volume >= 0"`
	}
	tab := openTable(t, s.Open(t), table.Options[checked]{Name: "checked"})
	for _, n := range []int{1, 5, 200} {
		rows := make([]checked, n)
		for i := range rows {
			rows[i].N = int64(i)
		}
		rows[n-1].Volume = -1
		_, err := tab.AppendOnce(t.Context(), "bad", rows)
		var row *table.RowError
		if !errors.As(err, &row) || !errors.Is(err, store.ErrConstraint) || row.Row != n-1 {
			t.Errorf("error is %v, want a *RowError of row %d with store.ErrConstraint", err, n-1)
		}
	}
	want(t, tab.View, nil)
}

type uniqueReading struct {
	N    int64 `db:",key"`
	Name string
	Code int64 `db:",unique,check=code >= 0"`
}

// unique breaks a key, a unique group and a check, with rows that exist and
// with rows of the same batch, alone and behind many good ones.
func (s Suite) unique(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[uniqueReading]{})
	before := []uniqueReading{{1, "a", 10}, {2, "b", 20}}
	if err := tab.Append(t.Context(), before); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		rows   []uniqueReading
		row    int
		column string
	}{
		"key there":    {[]uniqueReading{{3, "c", 30}, {1, "d", 40}, {4, "e", 50}}, 1, "n"},
		"unique there": {[]uniqueReading{{3, "c", 30}, {4, "d", 40}, {5, "e", 20}}, 2, "code"},
		"key twice":    {[]uniqueReading{{3, "c", 30}, {3, "d", 40}}, 1, "n"},
		"unique twice": {[]uniqueReading{{3, "c", 30}, {4, "d", 40}, {5, "e", 50}, {6, "f", 30}}, 3, "code"},
		"check":        {[]uniqueReading{{3, "c", 30}, {4, "d", -1}, {5, "e", 50}}, 1, "code"},
		"alone":        {[]uniqueReading{{2, "c", 30}}, 0, "n"},
	} {
		for _, good := range []int{0, 60, 1_000} {
			rows := make([]uniqueReading, good, good+len(c.rows))
			for i := range rows {
				rows[i] = uniqueReading{int64(1_000 + i), "good", int64(1_000 + i)}
			}
			err := tab.Append(t.Context(), append(rows, c.rows...))
			var row *table.RowError
			if !errors.As(err, &row) || !errors.Is(err, store.ErrConstraint) {
				t.Errorf("%s behind %d: error is %v, want a *RowError of store.ErrConstraint", name, good, err)
				continue
			}
			if row.Row != good+c.row || row.Column != c.column {
				t.Errorf("%s: the error names row %d, column %q, want %d and %q", name, row.Row, row.Column, good+c.row, c.column)
			}
			if value := map[string]int64{"n": c.rows[c.row].N, "code": c.rows[c.row].Code}[c.column]; row.Value != value {
				t.Errorf("%s: the error names the value %v, want %d", name, row.Value, value)
			}
			if b.Retryable(err) {
				t.Errorf("%s: %v is retryable", name, err)
			}
		}
	}
	want(t, tab.View, before)
}

// tooLarge stores a large value, and is refused a too large one.
func (s Suite) tooLarge(t *testing.T) {
	testtime.Seconds(t)
	type large struct {
		N    int64
		Text string
		Blob []byte
	}
	b := s.Open(t)
	tab := openTable(t, b, table.Options[large]{Name: "large"})
	fits := strings.Repeat("x", 4<<20)
	rows := []large{{0, fits, []byte(fits)}, {1, "", []byte{}}}
	if err := tab.Append(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	over := strings.Repeat("x", 32<<20+1)
	for column, row := range map[string]large{"text": {2, over, nil}, "blob": {2, "", []byte(over)}} {
		err := tab.Append(t.Context(), []large{row})
		var at *table.RowError
		if !errors.As(err, &at) || !errors.Is(err, store.ErrTooLarge) || at.Column != column || len(err.Error()) > 1000 {
			t.Errorf("error is %.200v, want a short *RowError of column %q with store.ErrTooLarge", err, column)
		}
	}
	got := collect(t, tab.Where(t.Context(), "", table.OrderBy("n"))) // cmp takes seconds for so much
	if !slices.EqualFunc(rows, got, func(a, b large) bool { return a.N == b.N && a.Text == b.Text && bytes.Equal(a.Blob, b.Blob) }) {
		t.Errorf("%d rows, want the %d that were stored", len(got), len(rows))
	}
	// Nor does a quarantine keep it: of a large value there is its length.
	aside := openTable(t, b, table.Options[large]{Name: "large", Quarantine: true})
	res, err := aside.Insert(t.Context(), table.Batch[large]{Rows: []large{{2, "", []byte(over)}, {3, "", []byte{}}}})
	wantResult(t, store.Result{Applied: true, Inserted: 1, Rejected: 1}, res, err)
	for r, err := range aside.Rejected(t.Context()) {
		var got map[string]any
		if err == nil {
			err = json.Unmarshal(r.Row, &got)
		}
		if diff := cmp.Diff(map[string]any{"n": 2.0, "text": "", "blob": fmt.Sprintf("(%d bytes)", len(over))}, got); err != nil || diff != "" {
			t.Errorf("%v, rejected (-want +got):\n%s", err, diff)
		}
	}
}
