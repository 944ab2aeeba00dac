package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// one is a row of one value.
type one[V any] struct {
	X V `db:",null"`
}

// converted rebuilds a table of one value to another type. The value must come
// out equal, or the table must stay as it was.
func converted[From, To any](t *testing.T, b store.Backend, name string, from one[From], to *one[To]) {
	t.Helper()
	tab := openTable(t, b, table.Options[one[From]]{Name: name})
	if err := tab.Append(t.Context(), []one[From]{from}); err != nil {
		t.Fatal(err)
	}
	after, err := table.Open(t.Context(), b, table.Options[one[To]]{Name: name, Evolve: store.Rebuild})
	if to == nil {
		if !errors.Is(err, schema.ErrOverflow) {
			t.Errorf("%v from %T to %T: error is %v, want schema.ErrOverflow", from.X, from.X, *new(To), err)
		}
		if diff := cmp.Diff([]one[From]{from}, collect(t, tab.All(t.Context()))); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
		return
	}
	if err != nil {
		t.Errorf("%v from %T to %T: %v", from.X, from.X, to.X, err)
		return
	}
	if diff := cmp.Diff([]one[To]{*to}, collect(t, after.All(t.Context()))); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// rebuildExact makes floats of integers: those that a float does not hold are
// refused.
func (s Suite) rebuildExact(t *testing.T) {
	b := s.Open(t)
	n := 0
	name := func() string { n++; return fmt.Sprint("t", n) }
	for _, v := range []int64{0, -5, 1 << 53, -1 << 53, 1<<53 + 2, 1<<53 + 1, -1<<53 - 1, 1 << 62, math.MaxInt64 - 1023, math.MaxInt64 - 1022,
		math.MaxInt64, math.MinInt64, math.MinInt64 + 1} {
		var double *one[float64]
		if f := float64(v); f < 1<<63 && int64(f) == v {
			double = &one[float64]{f}
		}
		converted(t, b, name(), one[int64]{v}, double)
		converted(t, b, name(), one[time.Duration]{time.Duration(v)}, double)
		if v >= 0 {
			converted(t, b, name(), one[uint64]{uint64(v)}, double)
		}
		var single *one[float32]
		if f := float32(v); f < 1<<63 && int64(f) == v {
			single = &one[float32]{f}
		}
		converted(t, b, name(), one[int64]{v}, single)
	}
	converted(t, b, name(), one[int32]{1<<24 + 1}, (*one[float32])(nil))
	converted(t, b, name(), one[int32]{1<<24 + 2}, &one[float32]{1<<24 + 2})
}

type vectorFree struct {
	N int64
	V []float64 `db:",null"`
}

type vectorOfTwo struct {
	N int64
	V []float64 `db:",null,dim=2"`
}

// rebuildDim gives vectors a dimension: NULL has any.
func (s Suite) rebuildDim(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[vectorFree]{Name: "t"})
	if err := tab.Append(t.Context(), []vectorFree{{1, []float64{1, 2}}, {2, nil}}); err != nil {
		t.Fatal(err)
	}
	want(t, openTable(t, b, table.Options[vectorOfTwo]{Name: "t", Evolve: store.Rebuild}).View, []vectorOfTwo{{1, []float64{1, 2}}, {2, nil}})
	long := openTable(t, b, table.Options[vectorFree]{Name: "long"})
	if err := long.Append(t.Context(), []vectorFree{{1, []float64{1, 2}}, {2, []float64{1, 2, 3}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := table.Open(t.Context(), b, table.Options[vectorOfTwo]{Name: "long", Evolve: store.Rebuild}); err == nil {
		t.Error("a vector of 3 became one of 2")
	}
}

type checksBefore struct {
	A int64 `db:",check=b < 10"`
	B int64 `db:",check=b > 0"`
	C int64 `db:",check=a < c"`
}

type checksAfter struct {
	A int64   `db:",check=b < 10"`
	B float64 `db:",check=b > 5"`
	C int64   `db:",check=a <= c"`
}

type checksRenamed struct {
	First int64   `db:",was=a"`
	B     float64 `db:",check=b > 5"`
	C     int64   `db:",check=first <= c"`
}

type checksLost struct {
	First int64
	C     int64 `db:",check=b <= c"`
}

// rebuildChecks changes checks, which are about any column.
func (s Suite) rebuildChecks(t *testing.T) {
	b := s.Open(t)
	before := openTable(t, b, table.Options[checksBefore]{Name: "t"})
	if err := before.Append(t.Context(), []checksBefore{{1, 7, 2}}); err != nil {
		t.Fatal(err)
	}
	refuses := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, store.ErrConstraint) {
			t.Errorf("%s: error is %v, want store.ErrConstraint", what, err)
		}
	}
	after := openTable(t, b, table.Options[checksAfter]{Name: "t", Evolve: store.Rebuild})
	refuses("the check that stayed", after.Append(t.Context(), []checksAfter{{1, 100, 2}}))
	refuses("the check that changed", after.Append(t.Context(), []checksAfter{{1, 5, 2}}))
	refuses("the check over 2 columns", after.Append(t.Context(), []checksAfter{{3, 7, 2}}))
	if err := after.Append(t.Context(), []checksAfter{{2, 5.5, 2}}); err != nil {
		t.Errorf("a row that only the old checks refuse: %v", err)
	}
	renamed := openTable(t, b, table.Options[checksRenamed]{Name: "t", Evolve: store.Rebuild})
	if err := renamed.Append(t.Context(), []checksRenamed{{2, 100, 2}}); err != nil {
		t.Errorf("a row that only the dropped check refuses: %v", err)
	}
	refuses("the check over a column with another name", renamed.Append(t.Context(), []checksRenamed{{3, 7, 2}}))
	if _, err := table.Open(t.Context(), b, table.Options[checksLost]{Name: "t", Evolve: store.Rebuild}); err == nil {
		t.Error("a check over a column that is dropped was accepted")
	}
	refuses("after a change that was refused", renamed.Append(t.Context(), []checksRenamed{{1, 5, 2}}))
	rows := collect(t, renamed.Where(t.Context(), "", table.OrderBy("first, b")))
	if diff := cmp.Diff([]checksRenamed{{1, 7, 2}, {2, 5.5, 2}, {2, 100, 2}}, rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// upsertVector: 0 and -0 in a vector are different, as they are stored.
func (s Suite) upsertVector(t *testing.T) {
	type keyedVector struct {
		N      int64 `db:",key"`
		Double []float64
		Single []float32
	}
	b := s.Open(t)
	tab := openTable(t, b, table.Options[keyedVector]{})
	minus := math.Copysign(0, -1)
	row := func(n int64, x float64) keyedVector { return keyedVector{n, []float64{x}, []float32{float32(x)}} }
	for _, step := range []struct {
		rows []keyedVector
		want store.Result
	}{
		{[]keyedVector{row(1, 0), row(2, 0)}, store.Result{Applied: true, Inserted: 2}},
		{[]keyedVector{row(1, minus), row(2, 0)}, store.Result{Applied: true, Changed: 1, Unchanged: 1}},
		{[]keyedVector{row(1, 0), row(1, minus), row(1, minus), row(2, math.NaN()), row(2, math.NaN())}, store.Result{Applied: true, Changed: 3, Unchanged: 2}},
	} {
		res, err := tab.Upsert(t.Context(), step.rows)
		wantResult(t, step.want, res, err)
	}
	for r, err := range tab.Where(t.Context(), "n = 1") {
		if err != nil || !math.Signbit(r.Double[0]) || !math.Signbit(float64(r.Single[0])) {
			t.Errorf("read %+v, %v, want -0", r, err)
		}
	}
}

// quarantineRow is what a row in quarantine says, whatever its columns are
// called.
func (s Suite) quarantineRow(t *testing.T) {
	type named struct {
		S    json.RawMessage `db:"s"`
		T    string          `db:"t"`
		D    []float64       `db:"d"`
		Row  []byte          `db:"row"`
		At   time.Time       `db:"at"`
		Key  *int64          `db:"key"`
		N    int64           `db:"galley_row,check=galley_row > 0"`
		Good bool            `db:"excluded"`
		Size float32         `db:"size"`
	}
	b := s.Open(t)
	tab := openTable(t, b, table.Options[named]{Name: "named", Quarantine: true})
	bad := named{json.RawMessage(`{"payload":"p"}`), "text", []float64{1, 2}, []byte{0, 255}, time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC), nil, -1, true, 0.5}
	good := bad
	good.N = 1
	res, err := tab.Insert(t.Context(), table.Batch[named]{Rows: []named{good, bad, good}})
	wantResult(t, store.Result{Applied: true, Inserted: 2, Rejected: 1}, res, err)
	wanted := map[string]any{"s": `{"payload":"p"}`, "t": "text", "d": "AAAAAAAA8D8AAAAAAAAAQA==", "row": "AP8=",
		"at": "2026-01-02T03:04:05.000006Z", "key": nil, "galley_row": -1.0, "excluded": true, "size": 0.5}
	n := 0
	for r, err := range tab.Rejected(t.Context()) {
		var got map[string]any
		if err == nil {
			err = json.Unmarshal(r.Row, &got)
		}
		if err != nil {
			t.Fatal(err)
		}
		// A server spells the JSON in its own way.
		var payload struct{ Payload string }
		if text, ok := got["s"].(string); !ok || json.Unmarshal([]byte(text), &payload) != nil || payload.Payload != "p" {
			t.Errorf("s is %v, want %v", got["s"], wanted["s"])
		}
		got["s"] = wanted["s"]
		if diff := cmp.Diff(wanted, got); diff != "" {
			t.Errorf("the row in quarantine (-want +got):\n%s", diff)
		}
		n++
	}
	if n != 1 {
		t.Errorf("%d rows in quarantine, want 1", n)
	}
}
