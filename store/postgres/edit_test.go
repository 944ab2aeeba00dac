package postgres_test

import (
	"errors"
	"testing"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/postgres"
	"github.com/galley-db/galley/table"
)

// TestEditLosesNoRows finds rows that a trigger skips: the edit is undone.
func TestEditLosesNoRows(t *testing.T) {
	type row struct{ N, Size int64 }
	type size struct{ Size int64 }
	db, url, name := openNew(t, postgres.Options{})
	tab, err := table.Open(t.Context(), db, table.Options[row]{Name: "part"})
	if err != nil {
		t.Fatal(err)
	}
	rows := make([]row, 10)
	for i := range rows {
		rows[i].N = int64(i)
	}
	if err := tab.Append(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	sql(t, url, "CREATE FUNCTION "+name+".skip() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF OLD.n = 3 THEN RETURN NULL; END IF; "+
		"IF TG_OP = ''DELETE'' THEN RETURN OLD; END IF; RETURN NEW; END'",
		"CREATE TRIGGER skipping BEFORE UPDATE OR DELETE ON "+name+".part FOR EACH ROW EXECUTE FUNCTION "+name+".skip()")
	if n, err := table.Update(t.Context(), tab, size{7}, "n < ?", 5); n != 0 || !errors.Is(err, store.ErrRowsLost) {
		t.Errorf("Update: %d, error %v, want store.ErrRowsLost", n, err)
	}
	if n, err := tab.Delete(t.Context(), "n < ?", 5); n != 0 || !errors.Is(err, store.ErrRowsLost) {
		t.Errorf("Delete: %d, error %v, want store.ErrRowsLost", n, err)
	}
	if n, err := tab.CountWhere(t.Context(), "size = 0"); n != 10 || err != nil {
		t.Errorf("%d rows as they were, %v, want 10", n, err)
	}
	if n, err := tab.Delete(t.Context(), "n > ?", 5); n != 4 || err != nil {
		t.Errorf("Delete of others: %d, %v, want 4", n, err)
	}
	// The table is another one by the time of the edit.
	sql(t, url, "ALTER TABLE "+name+".part ALTER size TYPE double precision")
	var mismatch *store.MismatchError
	if n, err := table.Update(t.Context(), tab, size{7}, "n = 4"); n != 0 || !errors.As(err, &mismatch) {
		t.Errorf("Update of an altered table: %d, error %v, want a *store.MismatchError", n, err)
	}
}
