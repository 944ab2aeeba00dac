package table_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
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

// TestQuarantineText: each quarantined row is stored as JSON, whatever its values
// are, with the error text of SQLite or galley.
func TestQuarantineText(t *testing.T) {
	tab := openTable(t, openDB(t, tempPath(t)), table.Options[sample]{Quarantine: true})
	rows := []sample{
		{ID: "a", At: sampled},
		{ID: "b", Value: math.NaN(), Good: true, At: sampled, Raw: []byte{1, 2}},
		{ID: "a", Value: 1.5, Good: true, At: sampled, Raw: []byte{1, 2}},
		{ID: "c", At: sampled, Value: math.Inf(1)},
		{ID: "d\xff", At: sampled},
		{ID: "e", At: sampled, Part: 100},
	}
	if _, err := tab.AppendOnce(t.Context(), "k", rows); err != nil {
		t.Fatal(err)
	}
	want := []table.Rejected{
		{Key: "k", Row: json.RawMessage(`{"at":"2026-02-03T04:05:06Z","good":true,"id":"b","part":0,"raw":"AQI=","value":"NaN"}`), Error: "NaN"},
		{Key: "k", Row: json.RawMessage(`{"at":"2026-02-03T04:05:06Z","good":false,"id":{"base64":"ZP8="},"part":0,"raw":"","value":0}`), Error: "UTF-8"},
		{Key: "k", Row: json.RawMessage(`{"at":"2026-02-03T04:05:06Z","good":true,"id":"a","part":0,"raw":"AQI=","value":1.5}`), Error: "UNIQUE"},
		{Key: "k", Row: json.RawMessage(`{"at":"2026-02-03T04:05:06Z","good":false,"id":"e","part":100,"raw":"","value":0}`), Error: "part < 100"},
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
}

// TestNoQuarantine: without it one bad row fails its batch, whole, and the
// error names it, by whichever path the rows went.
func TestNoQuarantine(t *testing.T) {
	path := tempPath(t)
	db := openDB(t, path)
	tab := openTable(t, db, table.Options[scan]{})
	// By hand, so rows go by images and still break a rule.
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
