package sqlite

import (
	"errors"
	"testing"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// TestOrderSurvivesVacuum: a table whose rows were removed opens after VACUUM, a
// rebuild and a rename, and is refused once it was created again by hand.
func TestOrderSurvivesVacuum(t *testing.T) {
	path := tempPath(t)
	db := openTest(t, path, Options{})
	s := ensured(t, db)
	_, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 10), Key: "k"})
	must(t, err)
	columns := append(s.Columns()[:len(s.Columns()):len(s.Columns())], schema.Column{Name: "more", Type: schema.Int64})
	more, err := schema.New("points", columns)
	must(t, err)
	must(t, openForeign(t, path).Exec("DELETE FROM points; VACUUM"))
	must(t, db.Ensure(t.Context(), s, store.Strict))
	must(t, db.Ensure(t.Context(), more, store.Rebuild))
	must(t, openForeign(t, path).Exec("VACUUM"))
	must(t, db.Ensure(t.Context(), more, store.Strict))
	must(t, db.Rename(t.Context(), "points", "renamed"))
	renamed, err := more.Named("renamed")
	must(t, err)
	must(t, db.Ensure(t.Context(), renamed, store.Strict))
	must(t, openForeign(t, path).Exec("DROP TABLE renamed; "+renamed.CreateTable(schema.SQLite())[0]+"; VACUUM"))
	var mismatch *store.MismatchError
	if err := db.Ensure(t.Context(), renamed, store.Strict); !errors.As(err, &mismatch) {
		t.Errorf("created again: error is %v, want a *MismatchError", err)
	}
}

// tableOf is a table of one column n.
func tableOf(t *testing.T, name string) *schema.Schema {
	t.Helper()
	s, err := schema.New(name, []schema.Column{{Name: "n", Type: schema.Int64}})
	must(t, err)
	return s
}

// TestOrderKeepsNewTables: galley created a table while another one was created by
// hand. Later it changes an older table. The new table is still one that galley
// created, and opens though its rows were removed.
func TestOrderKeepsNewTables(t *testing.T) {
	path := tempPath(t)
	db := openTest(t, path, Options{})
	byHand := tableOf(t, "by hand")
	must(t, db.Ensure(t.Context(), tableOf(t, "first"), store.Strict))
	must(t, db.Ensure(t.Context(), byHand, store.Strict))
	must(t, openForeign(t, path).Exec(`DROP TABLE "by hand"; `+byHand.CreateTable(schema.SQLite())[0]))
	s := ensured(t, db)
	_, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 10), Key: "k"})
	must(t, err)
	_, err = db.Drop(t.Context(), "by hand")
	must(t, err)
	wider, err := schema.New("first", []schema.Column{{Name: "n", Type: schema.Int64}, {Name: "m", Type: schema.Int64, Nullable: true}})
	must(t, err)
	must(t, db.Ensure(t.Context(), wider, store.Additive))
	must(t, openForeign(t, path).Exec("DELETE FROM points"))
	must(t, db.Ensure(t.Context(), s, store.Strict))
}

// TestOrderIgnoresCase: another program created a table again with its name in
// capital letters. Another table that galley creates does not hide it.
func TestOrderIgnoresCase(t *testing.T) {
	path := tempPath(t)
	db := openTest(t, path, Options{})
	s := ensured(t, db)
	_, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 10), Key: "k"})
	must(t, err)
	capitals, err := s.Named("POINTS")
	must(t, err)
	must(t, openForeign(t, path).Exec("DROP TABLE points; "+capitals.CreateTable(schema.SQLite())[0]))
	must(t, db.Ensure(t.Context(), tableOf(t, "later"), store.Strict))
	var mismatch *store.MismatchError
	if err := db.Ensure(t.Context(), s, store.Strict); !errors.As(err, &mismatch) {
		t.Errorf("error is %v, want a *MismatchError", err)
	}
}
