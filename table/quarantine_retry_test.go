package table_test

import (
	"math"
	"testing"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

type noted struct {
	ID   string         `db:"id,key"`
	Data map[string]any `db:"data,json,null"`
	Note string         `db:"note,null"`
}

// TestRetryStoresNoOtherValue: a row in quarantine whose values were not kept as they
// were given, or do not fit the table's columns any more, stays there.
func TestRetryStoresNoOtherValue(t *testing.T) {
	db := openDB(t, tempPath(t))
	tab := openTable(t, db, table.Options[noted]{Name: "t", Quarantine: true})
	retry := func(want sqlite.Retried) {
		t.Helper()
		s, err := db.Describe(t.Context(), "t")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := db.Retry(t.Context(), s); got != want || err != nil {
			t.Errorf("Retry is %+v, %v, want %+v", got, err, want)
		}
	}
	res, err := tab.Insert(t.Context(), table.Batch[noted]{Rows: []noted{
		{"a", map[string]any{"x": math.Inf(1)}, "behind what cannot be encoded"},
		{"b", nil, "not UTF-8 \xff"},
		{"c", nil, "a NUL \x00"},
		{"d", nil, "good"},
		{"d", map[string]any{"x": 1.5}, "twice"},
	}})
	if res.Inserted != 1 || res.Rejected != 4 || err != nil {
		t.Fatalf("Insert: %+v, %v", res, err)
	}
	if _, err := tab.Delete(t.Context(), "id = ?", "d"); err != nil {
		t.Fatal(err)
	}
	type bare struct {
		ID   string         `db:"id,key"`
		Data map[string]any `db:"data,json,null"`
	}
	openTable(t, db, table.Options[bare]{Name: "t", Evolve: store.RebuildAndDrop})
	retry(sqlite.Retried{Left: 4}) // the note of "d" would be lost
	tab = openTable(t, db, table.Options[noted]{Name: "t", Evolve: store.Additive, Quarantine: true})
	retry(sqlite.Retried{Stored: 1, Left: 3})
	got := collect(t, tab.All(t.Context()))
	if len(got) != 1 || got[0].ID != "d" || got[0].Note != "twice" || got[0].Data["x"] != 1.5 {
		t.Errorf("rows: %v, want the second d", got)
	}
}
