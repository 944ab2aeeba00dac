package sqlite

import (
	"errors"
	"fmt"
	"maps"
	"testing"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// manyTables creates n tables of points, every third of them with a key.
func manyTables(t *testing.T, db *DB, n int) (all []*schema.Schema) {
	t.Helper()
	for i := range n {
		s := pointSchema(t, fmt.Sprintf("t%d", i), func(cs []schema.Column) { cs[1].Key = i%3 == 0 })
		must(t, db.Ensure(t.Context(), s, store.Strict))
		all = append(all, s)
	}
	return all
}

// TestTablesInTurn: batches of many tables in turn go by statements that are
// compiled once, whatever the tables have been looked at before.
func TestTablesInTurn(t *testing.T) {
	db := openTest(t, tempPath(t), Options{})
	tables := manyTables(t, db, 61)
	rows := 0
	round := func() {
		for _, s := range tables {
			_, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(rows, 40)})
			must(t, err)
		}
		rows += 40
	}
	round() // finds out that there are more tables than slots
	round()
	w := db.file.writer
	verified, inserters, slots := maps.Clone(w.verified), maps.Clone(w.inserters), maps.Clone(w.images.slots)
	round()
	if len(verified) != len(tables) || !maps.Equal(verified, w.verified) || !maps.Equal(inserters, w.inserters) || !maps.Equal(slots, w.images.slots) {
		t.Errorf("%d tables: %d were looked at, %d have statements; want that the next round changes nothing", len(tables), len(verified), len(inserters))
	}
	for _, s := range tables {
		wantPoints(t, db, s, makePoints(0, rows))
	}
}

// TestSlotsInTurn: large batches of more tables than slots, and of other columns,
// take each other's slots; once fewer are in use, small ones become images again.
func TestSlotsInTurn(t *testing.T) {
	db := openTest(t, tempPath(t), Options{})
	tables := manyTables(t, db, maxSlots+3)
	var wide []*schema.Schema
	for i := range 3 {
		s, err := schema.New(fmt.Sprintf("other%d", i), []schema.Column{
			{Name: "x", Type: schema.Text}, {Name: "y", Type: schema.Int64}, {Name: "z", Type: schema.Float64, Nullable: true},
		})
		must(t, err)
		must(t, db.Ensure(t.Context(), s, store.Strict))
		wide = append(wide, s)
	}
	insert := func(s *schema.Schema, from, n int) {
		_, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(from, n)})
		must(t, err)
	}
	for round := range 2 {
		for _, s := range append(tables, wide...) {
			insert(s, round*crowdedRows, crowdedRows)
		}
	}
	if !db.file.plans.crowded.Load() || len(db.file.writer.images.slots) != maxSlots {
		t.Errorf("with %d slots, crowded is %v, want %d and true", len(db.file.writer.images.slots), db.file.plans.crowded.Load(), maxSlots)
	}
	if n := len(db.file.writer.verified); n != len(tables)+len(wide) {
		t.Errorf("%d tables need not be looked at again, want all %d", n, len(tables)+len(wide))
	}
	last := wide[2]
	for i := range crowdedTurns {
		insert(last, 2*crowdedRows+i, 1)
	}
	if db.file.plans.crowded.Load() {
		t.Error("crowded is true, want false while one table is in use")
	}
	for _, s := range append(tables, wide...) {
		n := 2 * crowdedRows
		if s == last {
			n += crowdedTurns
		}
		wantPoints(t, db, s, makePoints(0, n))
	}
}

// TestCreateManyTables: after a table was created, the next Ensure does not wait
// for a reader to parse all tables again, and gives the same answers.
func TestCreateManyTables(t *testing.T) {
	path := tempPath(t)
	db := openTest(t, path, Options{BusyWait: 1})
	manyTables(t, db, 1)
	must(t, db.file.readers.retire())
	var tables []*schema.Schema
	for i := range 3 {
		s := pointSchema(t, fmt.Sprintf("new%d", i))
		must(t, db.Ensure(t.Context(), s, store.Strict))
		tables = append(tables, s)
	}
	if n := len(db.file.readers.idle); n > 0 {
		t.Errorf("%d readers have looked for new tables, want that the writer does", n)
	}
	other := pointSchema(t, tables[0].Name(), func(cs []schema.Column) { cs[0].Type = schema.Int64 })
	if err := db.Ensure(t.Context(), other, store.Strict); !errors.As(err, new(*store.MismatchError)) {
		t.Errorf("another column type: error is %v, want a *MismatchError", err)
	}
	manyTables(t, db, 2)
	c := openForeign(t, path)
	must(t, c.Exec("BEGIN IMMEDIATE"))
	must(t, db.Ensure(t.Context(), tables[0], store.Strict)) // it exists: no lock is needed
	must(t, c.Exec("ROLLBACK"))
}
