package doctor

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
)

// A table whose load was interrupted lacks its indexes, and the doctor names them.
// They are not a fault: the rows are whole.
func TestMissingIndexes(t *testing.T) {
	s, err := schema.New("scores", []schema.Column{
		{Name: "a", Type: schema.Text, Index: "by_a"}, {Name: "b", Type: schema.Int64, Index: "both"}, {Name: "c", Type: schema.Text, Index: "both"},
	})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "load.db")
	writer := func(work func(db *sqlite.DB) error) {
		t.Helper()
		db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
		if err == nil {
			err = errors.Join(work(db), db.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	want := func(missing ...string) {
		t.Helper()
		var got []string
		found, err := Examine(t.Context(), path, false)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			if f.Check == "indexes of scores" {
				got = append(got, f.Text)
			}
			if f.Level == Problem {
				t.Errorf("a problem: %+v", f)
			}
		}
		if len(got) != len(missing) {
			t.Fatalf("the doctor says %q, want %q", got, missing)
		}
		for i := range got {
			if !strings.Contains(got[i], missing[i]) {
				t.Errorf("the doctor says %q, want %q", got[i], missing[i])
			}
		}
	}
	writer(func(db *sqlite.DB) error {
		_, err := db.EnsureForLoad(t.Context(), s, store.Strict)
		return err
	})
	want("index by_a on (a) does not exist", "index both on (b, c) does not exist")
	writer(func(db *sqlite.DB) error { return db.Ensure(t.Context(), s, store.Strict) })
	want()
}
