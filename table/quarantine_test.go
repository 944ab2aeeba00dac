package table_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// sample breaks a key, a check, and what its columns can hold.
type sample struct {
	ID    string `db:"id,key"`
	Value float64
	Good  bool
	At    time.Time `db:"at,time=s"`
	Part  int64     `db:"part,check=part < 100"`
	Raw   []byte
}

var sampled = time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)

// aside returns the quarantine, without the times.
func aside[T any](t *testing.T, tab *table.Table[T]) []table.Rejected {
	t.Helper()
	got := collect(t, tab.Rejected(t.Context()))
	for i := range got {
		if d := time.Since(got[i].At); d < 0 || d > time.Hour {
			t.Errorf("rejected at %v", got[i].At)
		}
		got[i].At = time.Time{}
	}
	return got
}

// TestQuarantine: of a batch with rows that break a constraint and rows that no
// column could hold, the good ones are stored and the bad ones put aside, both
// kinds alike.
func TestQuarantine(t *testing.T) {
	db := openDB(t, tempPath(t))
	tab := openTable(t, db, table.Options[sample]{Quarantine: true})
	if got := aside(t, tab); len(got) > 0 {
		t.Errorf("before anything was rejected: %v", got)
	}
	rows := []sample{
		{ID: "a", At: sampled},
		{ID: "b", Value: math.NaN(), Good: true, At: sampled, Raw: []byte{1, 2}},
		{ID: "a", Value: 1.5, Good: true, At: sampled, Raw: []byte{1, 2}},
		{ID: "c", At: sampled, Value: math.Inf(1)},
		{ID: "d\xff", At: sampled},
		{ID: "e", At: sampled, Part: 100},
	}
	res, err := tab.Insert(t.Context(), table.Batch[sample]{Rows: rows, Key: "k"})
	if want := (table.Result{Applied: true, Inserted: 2, Rejected: 4}); err != nil || res != want {
		t.Fatalf("Result %+v, %v, want %+v", res, err, want)
	}
	// Again: the key is there, and nothing is put aside twice.
	if res, err := tab.Insert(t.Context(), table.Batch[sample]{Rows: rows, Key: "k"}); err != nil || res != (table.Result{}) {
		t.Errorf("again: %+v, %v", res, err)
	}
	key := "k"
	want := []table.Rejected{
		{Key: &key, Row: json.RawMessage(`{"at":"2026-02-03T04:05:06Z","good":true,"id":"b","part":0,"raw":"AQI=","value":"NaN"}`), Error: "NaN"},
		{Key: &key, Row: json.RawMessage(`{"at":"2026-02-03T04:05:06Z","good":false,"id":"d\ufffd","part":0,"raw":"","value":0}`), Error: "UTF-8"},
		{Key: &key, Row: json.RawMessage(`{"at":"2026-02-03T04:05:06Z","good":true,"id":"a","part":0,"raw":"AQI=","value":1.5}`), Error: "UNIQUE"},
		{Key: &key, Row: json.RawMessage(`{"at":"2026-02-03T04:05:06Z","good":false,"id":"e","part":100,"raw":"","value":0}`), Error: "part < 100"},
	}
	got := aside(t, tab)
	for i := range min(len(got), len(want)) {
		if !strings.Contains(got[i].Error, want[i].Error) {
			t.Errorf("error %d is %q, want something of %q", i, got[i].Error, want[i].Error)
		}
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(table.Rejected{}, "Error")); diff != "" {
		t.Errorf("quarantine (-want +got):\n%s", diff)
	}
	type mark struct{ Rows int64 }
	if marks := collect(t, store.Query[mark](t.Context(), db, "SELECT rows FROM galley_batches")); len(marks) != 1 || marks[0].Rows != 2 {
		t.Errorf("the ledger has %+v, want one batch of 2 rows", marks)
	}
	stored := []string{}
	for _, row := range collect(t, tab.All(t.Context())) {
		stored = append(stored, row.ID)
	}
	if diff := cmp.Diff([]string{"a", "c"}, stored); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// TestQuarantineModes: what Upsert and Ignore do about the key is theirs; only
// what is left is put aside.
func TestQuarantineModes(t *testing.T) {
	tab := openTable(t, openDB(t, tempPath(t)), table.Options[sample]{Quarantine: true})
	rows := []sample{{ID: "a", At: sampled}, {ID: "a", At: sampled, Part: 7}, {ID: "b", At: sampled, Part: 500}, {ID: "c", At: sampled}}
	res, err := tab.Upsert(t.Context(), rows)
	if want := (table.Result{Applied: true, Inserted: 2, Changed: 1, Rejected: 1}); err != nil || res != want {
		t.Errorf("Upsert %+v, %v, want %+v", res, err, want)
	}
	res, err = tab.Ignore(t.Context(), rows)
	if want := (table.Result{Applied: true, Left: 3, Rejected: 1}); err != nil || res != want {
		t.Errorf("Ignore %+v, %v, want %+v", res, err, want)
	}
	if got := aside(t, tab); len(got) != 2 || got[0].Key != nil {
		t.Errorf("quarantine %v", got)
	}
}

// TestNoQuarantine: without it one bad row fails its batch, whole, and the
// error names it, by whichever path the rows went.
func TestNoQuarantine(t *testing.T) {
	path := tempPath(t)
	db := openDB(t, path)
	tab := openTable(t, db, table.Options[scan]{})
	// By hand, so that rows go by images and break a rule all the same.
	byHand(t, path, "CREATE UNIQUE INDEX by_hand ON scan (voxels)")
	for _, n := range []int{5, 40, 300} {
		rows := makeScans(0, n)
		rows[n-2].Voxels = 1
		err := tab.Append(t.Context(), rows)
		var row *table.RowError
		if !errors.As(err, &row) || row.Row != n-2 || row.Column != "voxels" || !errors.Is(err, store.ErrConstraint) {
			t.Errorf("%d rows: error %v, want a *RowError of row %d", n, err, n-2)
		}
		if got, err := tab.Count(t.Context()); got != 0 || err != nil {
			t.Errorf("%d rows, %v", got, err)
		}
	}
	if err := tab.Append(t.Context(), makeScans(0, 300)); err != nil {
		t.Error(err)
	}
	for range collect(t, tab.Rejected(t.Context())) {
		t.Error("a row in a quarantine that nobody asked for")
	}
}

// TestQuarantineInGroups: batches with bad rows beside batches without, each
// under a key that is tried twice: every Result is right, and each bad row is
// there once.
func TestQuarantineInGroups(t *testing.T) {
	db := openDB(t, tempPath(t))
	tab := openTable(t, db, table.Options[sample]{Quarantine: true})
	scans := openTable(t, db, table.Options[scan]{})
	var wg sync.WaitGroup
	const rounds = 30
	for g := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for round := range rounds {
				rows := []sample{}
				for i := range 10 {
					rows = append(rows, sample{ID: fmt.Sprint(g, "/", round, "/", i), At: sampled})
				}
				rows[3].ID, rows[4].Value = rows[2].ID, math.NaN()
				key := fmt.Sprint(g, "/", round)
				for try := range 2 {
					res, err := tab.Insert(t.Context(), table.Batch[sample]{Rows: rows, Key: key})
					want := table.Result{Applied: true, Inserted: 8, Rejected: 2}
					if try > 0 {
						want = table.Result{}
					}
					if err != nil || res != want {
						t.Errorf("%s: %+v, %v, want %+v", key, res, err, want)
					}
				}
				if err := scans.Append(t.Context(), makeScans(0, 40)); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	wg.Wait()
	n, err := tab.Count(t.Context())
	if got := len(aside(t, tab)); n != 8*rounds*8 || got != 8*rounds*2 || err != nil {
		t.Errorf("%d rows, %d put aside, %v", n, got, err)
	}
	if n, err := scans.Count(t.Context()); n != 8*rounds*40 || err != nil {
		t.Errorf("%d rows beside them, %v", n, err)
	}
}

// TestReplaceQuarantined: what a batch has in quarantine goes with it.
func TestReplaceQuarantined(t *testing.T) {
	type checked struct {
		N    int64  `db:"n,check=n < 10"`
		Task string `db:"task,batch"`
	}
	tab := openTable(t, openDB(t, tempPath(t)), table.Options[checked]{Quarantine: true})
	for _, key := range []string{"a", "b", "a"} {
		res, err := tab.Replace(t.Context(), key, []checked{{1, ""}, {99, ""}})
		if err != nil || res.Inserted != 1 || res.Rejected != 1 {
			t.Errorf("%+v, %v", res, err)
		}
	}
	if got := aside(t, tab); len(got) != 2 {
		t.Errorf("quarantine %v, want one row of a and one of b", got)
	}
	if n, err := tab.Forget(t.Context(), "b"); n != 1 || err != nil {
		t.Errorf("Forget: %d, %v", n, err)
	}
	if got := aside(t, tab); len(got) != 1 || *got[0].Key != "a" {
		t.Errorf("quarantine %v", got)
	}
	// All of a batch in quarantine is a batch too.
	if res, err := tab.Replace(t.Context(), "c", []checked{{99, ""}}); err != nil || res.Rejected != 1 {
		t.Errorf("%+v, %v", res, err)
	}
	if n, err := tab.Forget(t.Context(), "c"); n != 0 || err != nil {
		t.Errorf("Forget: %d, %v", n, err)
	}
}

// TestQuarantineHuge: a value that is too large to be stored is not stored as
// JSON either.
func TestQuarantineHuge(t *testing.T) {
	type named struct {
		ID  string `db:"id,key"`
		Raw []byte
	}
	tab := openTable(t, openDB(t, tempPath(t)), table.Options[named]{Quarantine: true})
	res, err := tab.Insert(t.Context(), table.Batch[named]{Rows: []named{{"a", make([]byte, 40<<20)}, {"b", nil}}})
	if err != nil || res.Rejected != 1 || res.Inserted != 1 {
		t.Fatalf("%+v, %v", res, err)
	}
	got := aside(t, tab)
	if len(got) != 1 || string(got[0].Row) != `{"id":"a","raw":"(41943040 bytes)"}` {
		t.Errorf("quarantine %v", got)
	}
}

// TestQuarantineName: another table in the place of the quarantine is refused,
// and not written into.
func TestQuarantineName(t *testing.T) {
	path := tempPath(t)
	db := openDB(t, path)
	tab := openTable(t, db, table.Options[sample]{Quarantine: true})
	other := openTable(t, db, table.Options[scan]{Name: "sample_rejected"})
	if err := other.Append(t.Context(), makeScans(0, 2)); err != nil {
		t.Fatal(err)
	}
	var mismatch *store.MismatchError
	if err := tab.Append(t.Context(), []sample{{Value: math.NaN(), At: sampled}}); !errors.As(err, &mismatch) || mismatch.Table != "sample_rejected" {
		t.Errorf("error %v, want a *MismatchError of sample_rejected", err)
	}
	if n, err := other.Count(t.Context()); n != 2 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
	if err := tab.Append(t.Context(), []sample{{ID: "good", At: sampled}}); err != nil {
		t.Error(err)
	}
}
