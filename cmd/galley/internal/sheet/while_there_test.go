package sheet

import (
	"errors"
	"slices"
	"testing"

	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// TestWhileThere: a table that is dropped while a list of tables is read is left out, one
// that is changed is read as it is now, and another error stays.
func TestWhileThere(t *testing.T) {
	db := fixture.NewDB(t)
	with := func(names ...string) *schema.Schema {
		var columns []schema.Column
		for _, name := range names {
			columns = append(columns, schema.Column{Name: name, Type: schema.Int64, Nullable: true})
		}
		s, err := schema.New("t", columns)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	create := func(s *schema.Schema) {
		t.Helper()
		if err := db.Ensure(t.Context(), s, store.RebuildAndDrop); err != nil {
			t.Fatal(err)
		}
	}
	listed := with("a", "b")
	create(listed)
	create(with("b"))
	errRead := errors.New("the columns are others")
	var read []string
	there, err := WhileThere(t.Context(), db, listed, func(s *schema.Schema) error {
		if read = append(read, s.ColumnNames()...); s == listed {
			return errRead
		}
		return nil
	})
	if !there || err != nil || !slices.Equal(read, []string{"a", "b", "b"}) {
		t.Errorf("changed: %t, %v, read with the columns %v", there, err, read)
	}
	fails := func(*schema.Schema) error { return errRead }
	if there, err := WhileThere(t.Context(), db, listed, fails); there || !errors.Is(err, errRead) {
		t.Errorf("it cannot be read: %t, %v", there, err)
	}
	if _, err := db.Drop(t.Context(), "t"); err != nil {
		t.Fatal(err)
	}
	if there, err := WhileThere(t.Context(), db, listed, fails); there || err != nil {
		t.Errorf("dropped: %t, %v", there, err)
	}
}
