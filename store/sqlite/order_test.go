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
