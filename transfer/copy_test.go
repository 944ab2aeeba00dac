package transfer

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

func TestCopyKeepsBatchesAndValues(t *testing.T) {
	type tagged struct {
		Batch string `db:"batch,batch"`
		N     int64
	}
	from, to := fixture.NewDB(t), fixture.NewDB(t)
	var rows []fixture.Kinds
	rapid.Check(t, func(rt *rapid.T) {
		if len(rows) < 40 { // fewer under -short
			rows = append(rows, fixture.DrawKinds(rt, int64(len(rows))))
		}
	})
	fixture.NewTable(t, from, "kinds", rows)
	tbl := fixture.NewTable(t, from, "tagged", []tagged(nil))
	for i, key := range []string{"one", "two"} {
		if _, err := tbl.AppendOnce(t.Context(), key, []tagged{{N: int64(i)}}); err != nil {
			t.Fatal(err)
		}
	}
	fixture.NewTable(t, from, "samples", fixture.Samples(20_000))
	opts := CopyOptions{BatchRows: 8192}
	stopped := &fixture.Stopping{Backend: to, After: 2}
	if _, err := Copy(t.Context(), from, stopped, opts); !errors.Is(err, fixture.ErrEnough) {
		t.Fatalf("%v, want %v", err, fixture.ErrEnough)
	}
	got, err := Copy(t.Context(), from, to, opts)
	if err != nil {
		t.Fatal(err)
	}
	want := []CopiedTable{{"kinds", int64(len(rows)), 0, 0, 0}, {"samples", 20_000, 20_000 - 8192, 0, 0}, {"tagged", 2, 2, 2, 0}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(fixture.All[fixture.Kinds](t, from, "kinds"), fixture.All[fixture.Kinds](t, to, "kinds"), fixture.SameKinds); diff != "" {
		t.Errorf("kinds (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]tagged{{"one", 0}, {"two", 1}}, fixture.All[tagged](t, to, "tagged")); diff != "" {
		t.Errorf("tagged (-want +got):\n%s", diff)
	}
	copied, err := table.Open(t.Context(), to, table.Options[tagged]{})
	if err != nil {
		t.Fatal(err)
	}
	if done, err := copied.Done(context.Background(), "one"); !done || err != nil {
		t.Errorf("the key of a batch is done: %t, %v", done, err)
	}
	// A row more or another value in the copy is found.
	fixture.NewTable(t, to, "samples", fixture.Samples(1))
	var wrong *CopyError
	if _, err := Copy(t.Context(), from, to, opts); !errors.As(err, &wrong) || wrong.Table != "samples" {
		t.Errorf("a row more: %v, want a CopyError", err)
	}
}

// TestCopyChanged goes on with a copy whose source has changed since, or with
// batches of another size: it is refused, and nothing more is stored.
func TestCopyChanged(t *testing.T) {
	testtime.Seconds(t)
	for name, change := range map[string]func(*CopyOptions, []fixture.Sample){
		"another value": func(_ *CopyOptions, rows []fixture.Sample) { rows[5].Volume = -1 },
		"another size":  func(o *CopyOptions, _ []fixture.Sample) { o.BatchRows = 16384 },
	} {
		t.Run(name, func(t *testing.T) {
			rows := fixture.Samples(20_000)
			source := fixture.NewDB(t)
			fixture.NewTable(t, source, "samples", rows)
			to := fixture.NewDB(t)
			opts := CopyOptions{BatchRows: 8192}
			if _, err := Copy(t.Context(), source, &fixture.Stopping{Backend: to, After: 1}, opts); !errors.Is(err, fixture.ErrEnough) {
				t.Fatalf("%v, want %v", err, fixture.ErrEnough)
			}
			change(&opts, rows)
			source = fixture.NewDB(t)
			fixture.NewTable(t, source, "samples", rows)
			var wrong *CopyError
			if _, err := Copy(t.Context(), source, to, opts); !errors.As(err, &wrong) || !strings.Contains(wrong.Reason, "batch 1") {
				t.Errorf("error %v, want a *CopyError that names the batch", err)
			}
			if diff := cmp.Diff(fixture.Samples(8192), fixture.All[fixture.Sample](t, to, "samples")); diff != "" {
				t.Errorf("rows (-want +got):\n%.1000s", diff)
			}
		})
	}
}

// TestCopyOther reads a copy back that is not what was copied.
func TestCopyOther(t *testing.T) {
	from, to := fixture.NewDB(t), fixture.NewDB(t)
	fixture.NewTable(t, from, "region", []fixture.Region{{Subject: "a", Name: "x", Volume: 1, Count: nil}})
	if _, err := Copy(t.Context(), from, to, CopyOptions{}); err != nil {
		t.Fatal(err)
	}
	for says, sql := range map[string]string{
		"values differ": "SELECT subject, name, volume + 1 AS volume, count FROM region",
		"it has 2 rows": "SELECT subject, name, volume, count FROM region UNION ALL SELECT 'b', name, volume, count FROM region",
		"it has 0 rows": "SELECT subject, name, volume, count FROM region WHERE false",
	} {
		var wrong *CopyError
		if _, err := Copy(t.Context(), from, &twisted{to, sql}, CopyOptions{}); !errors.As(err, &wrong) || !strings.Contains(wrong.Reason, says) {
			t.Errorf("%s: error is %v, want a *CopyError that says %q", sql, err, says)
		}
	}
}

// twisted gives rows that are not those stored.
type twisted struct {
	store.Backend
	sql string
}

func (b *twisted) Query(ctx context.Context, q store.Select, row func(schema.Reader) (bool, error)) error {
	if q.SQL == "" && q.Where == "" {
		q.SQL = b.sql
	}
	return b.Backend.Query(ctx, q, row)
}

// TestCopyOccupied refuses a destination with rows that no copy has stored, the
// source itself among them, before it stores anything there.
func TestCopyOccupied(t *testing.T) {
	from, to := fixture.NewDB(t), fixture.NewDB(t)
	fixture.NewTable(t, from, "samples", fixture.Samples(100))
	fixture.NewTable(t, to, "samples", fixture.Samples(3))
	for _, c := range []struct {
		to   store.Backend
		rows int
	}{{to, 3}, {from, 100}} {
		var wrong *CopyError
		if _, err := Copy(t.Context(), from, c.to, CopyOptions{}); !errors.As(err, &wrong) || wrong.Table != "samples" {
			t.Errorf("error is %v, want a *CopyError of samples", err)
		}
		if n := len(fixture.All[fixture.Sample](t, c.to, "samples")); n != c.rows {
			t.Errorf("%d rows are there now, want the %d of before", n, c.rows)
		}
	}
}

// TestCopyBatches copies batch by batch where the destination says that it
// spreads tables: each has its own key, and rows without one a copy's own.
func TestCopyBatches(t *testing.T) {
	type tagged struct {
		Batch string `db:"batch,batch"`
		N     int64
	}
	from, plain := fixture.NewDB(t), fixture.NewDB(t)
	tbl := fixture.NewTable(t, from, "tagged", []tagged{{"", 100}, {"by hand", 101}})
	for n, key := range []string{"b", "a", "empty"} {
		if _, err := tbl.AppendOnce(t.Context(), key, make([]tagged, 2-n)); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 3 {
		done, err := Copy(t.Context(), from, &spreading{plain, "place"}, CopyOptions{})
		if want := []CopiedTable{{"tagged", 5, int64(5 * max(0, 1-n)), 3, 0}}; err != nil || !cmp.Equal(want, done) {
			t.Errorf("copied %+v, %v, want %+v", done, err, want)
		}
	}
	type mark struct {
		Key  string
		Rows int64
	}
	var marks []mark
	for m, err := range store.Query[mark](t.Context(), plain, "SELECT substr(key, 1, 18) AS key, rows FROM galley_batches ORDER BY key") {
		if err != nil {
			t.Fatal(err)
		}
		marks = append(marks, m)
	}
	if diff := cmp.Diff([]mark{{"a", 1}, {"b", 2}, {"by hand", 1}, {"empty", 0}, {"galley copy 000001", 1}}, marks); diff != "" {
		t.Errorf("batches (-want +got):\n%s", diff)
	}
	want := map[tagged]int{{"", 100}: 1, {"by hand", 101}: 1, {"b", 0}: 2, {"a", 0}: 1}
	got := map[tagged]int{}
	for _, row := range fixture.All[tagged](t, plain, "tagged") {
		got[row]++
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	var wrong *CopyError
	if _, err := Copy(t.Context(), from, &spreading{fixture.NewDB(t), "batch"}, CopyOptions{}); !errors.As(err, &wrong) {
		t.Errorf("rows that say nothing of their place: %v, want a *CopyError", err)
	}
}

// spreading spreads tables, as it says.
type spreading struct {
	store.Backend
	by string
}

func (s *spreading) DistributeBy() string { return s.by }
