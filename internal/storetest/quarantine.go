package storetest

import (
	"encoding/json"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// aside counts the rows in a table's quarantine by the key of their batch, ""
// without one, and looks at what each says.
func aside[T any](t testing.TB, tab *table.Table[T]) map[string]int {
	t.Helper()
	byKey := map[string]int{}
	for r, err := range tab.Rejected(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if ago := time.Since(r.At); r.Error == "" || !json.Valid(r.Row) || ago < -time.Hour || ago > time.Hour {
			t.Errorf("rejected %s at %v because of %q, want a row, the time and a cause", r.Row, r.At, r.Error)
		}
		byKey[r.Key]++
	}
	return byKey
}

// quarantine puts rows that break a rule, or hold what cannot be stored,
// aside, and stores the others.
func (s Suite) quarantine(t *testing.T) {
	type checked struct {
		N      int64
		Volume float64 `db:",check=volume >= 0"`
		Text   string
	}
	b := s.Open(t)
	tab := openTable(t, b, table.Options[checked]{Name: "checked", Quarantine: true})
	if got := aside(t, tab); len(got) > 0 {
		t.Errorf("before anything was rejected: %v", got)
	}
	var rows, good []checked
	bad := 0
	for i := range 100 {
		r := checked{N: int64(i), Volume: float64(i), Text: "ok"}
		switch {
		case i%10 == 3:
			r.Volume = -1
		case i == 50:
			r.Volume = math.NaN()
		case i == 60:
			r.Text = "a\x00b"
		case i == 70:
			r.Text = "\xff"
		default:
			good = append(good, r)
			bad--
		}
		bad++
		rows = append(rows, r)
	}
	if applied, err := tab.AppendOnce(t.Context(), "k", rows); !applied || err != nil {
		t.Fatalf("applied %v, %v", applied, err)
	}
	want(t, tab.View, good)
	if applied, err := tab.AppendOnce(t.Context(), "k", rows); applied || err != nil {
		t.Errorf("again: applied %v, %v", applied, err)
	}
	type mark struct{ Rows int64 }
	for m, err := range store.Query[mark](t.Context(), b, "SELECT rows FROM galley_batches") {
		if err != nil || m.Rows != int64(len(good)) {
			t.Errorf("the mark counts %d rows, %v, want %d", m.Rows, err, len(good))
		}
	}
	if err := tab.Append(t.Context(), []checked{{200, -5, ""}, {201, 5, ""}}); err != nil {
		t.Fatal(err)
	}
	want(t, tab.View, append(good, checked{201, 5, ""}))
	if diff := cmp.Diff(map[string]int{"k": bad, "": 1}, aside(t, tab)); diff != "" {
		t.Errorf("rejected rows by key (-want +got):\n%s", diff)
	}
	res, err := store.Insert(t.Context(), b, &store.Batch{Schema: tab.Schema(), Quarantine: true, Rows: rawRows{
		func(w schema.Writer) { w.Int64(0, 300); w.Float64(1, -1); w.Text(2, "") },
		func(w schema.Writer) { w.Int64(0, 301); w.Float64(1, 1); w.Text(2, "") },
		func(w schema.Writer) { w.Int64(0, 302); w.Float64(1, math.NaN()); w.Text(2, "") },
	}})
	wantResult(t, store.Result{Applied: true, Inserted: 1, Rejected: 2}, res, err)
}

// quarantineUpsert upserts with a quarantine: rows are counted one by one.
func (s Suite) quarantineUpsert(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[keyed]{Quarantine: true})
	row := func(n, size int64) keyed { return keyed{N: n, Size: size} }
	res, err := tab.Upsert(t.Context(), []keyed{row(1, 1), row(2, -1), row(1, 2), row(1, 2), row(3, 3)})
	wantResult(t, store.Result{Applied: true, Inserted: 2, Changed: 1, Unchanged: 1, Rejected: 1}, res, err)
	want(t, tab.View, []keyed{row(1, 2), row(3, 3)})
	res, err = tab.Ignore(t.Context(), []keyed{row(1, 9), row(4, -1), row(5, 5)})
	wantResult(t, store.Result{Applied: true, Inserted: 1, Unchanged: 1, Rejected: 1}, res, err)
	want(t, tab.View, []keyed{row(1, 2), row(3, 3), row(5, 5)})
	if diff := cmp.Diff(map[string]int{"": 2}, aside(t, tab)); diff != "" {
		t.Errorf("rejected rows by key (-want +got):\n%s", diff)
	}
	unique := openTable(t, b, table.Options[uniqueReading]{Quarantine: true})
	if err := unique.Append(t.Context(), []uniqueReading{{1, "a", 1}, {1, "b", 2}, {2, "c", 1}, {3, "d", 3}}); err != nil {
		t.Fatal(err)
	}
	want(t, unique.View, []uniqueReading{{1, "a", 1}, {3, "d", 3}})
}

// quarantineReplaced holds that what a batch has in quarantine goes with it.
func (s Suite) quarantineReplaced(t *testing.T) {
	type checked struct {
		N    int64  `db:",check=n < 10"`
		Task string `db:",batch"`
	}
	tab := openTable(t, s.Open(t), table.Options[checked]{Name: "checked", Quarantine: true})
	wantAside := func(want map[string]int) {
		t.Helper()
		if diff := cmp.Diff(want, aside(t, tab)); diff != "" {
			t.Errorf("rejected rows by key (-want +got):\n%s", diff)
		}
	}
	for i, key := range []string{"a", "b", "a"} {
		res, err := tab.Replace(t.Context(), key, []checked{{1, ""}, {99, ""}})
		wantResult(t, store.Result{Applied: true, Inserted: 1, Rejected: 1, Removed: int64(i / 2)}, res, err)
	}
	wantAside(map[string]int{"a": 1, "b": 1})
	if n, err := tab.Forget(t.Context(), "b"); n != 1 || err != nil {
		t.Errorf("Forget is %d, %v, want 1", n, err)
	}
	wantAside(map[string]int{"a": 1})
	// All of a batch in quarantine is a batch too.
	res, err := tab.Replace(t.Context(), "c", []checked{{99, ""}})
	wantResult(t, store.Result{Applied: true, Rejected: 1}, res, err)
	wantAside(map[string]int{"a": 1, "c": 1})
	if n, err := tab.Forget(t.Context(), "c"); n != 0 || err != nil {
		t.Errorf("Forget is %d, %v, want 0", n, err)
	}
	wantAside(map[string]int{"a": 1})
}

// quarantineName finds another table in the place of the quarantine, and does
// not write into it.
func (s Suite) quarantineName(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[reading]{Quarantine: true})
	other := openTable(t, b, table.Options[reading]{Name: "reading_rejected"})
	if err := other.Append(t.Context(), readings(0, 2)); err != nil {
		t.Fatal(err)
	}
	bad := readings(10, 2)
	bad[1].Volume = math.NaN()
	var mismatch *store.MismatchError
	if err := tab.Append(t.Context(), bad); !errors.As(err, &mismatch) || mismatch.Table != "reading_rejected" {
		t.Errorf("error is %v, want a *store.MismatchError of reading_rejected", err)
	}
	want(t, other.View, readings(0, 2))
	want(t, tab.View, nil)
	if err := tab.Append(t.Context(), bad[:1]); err != nil {
		t.Errorf("good rows: %v", err)
	}
}
