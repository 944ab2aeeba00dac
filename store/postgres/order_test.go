package postgres_test

import (
	"errors"
	"testing"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/postgres"
	"github.com/galley-db/galley/table"
)

// TestRestoredDumpOpens: a dump that was restored has other numbers of all tables. It opens,
// though rows of a batch were removed before, and later a table that is created by
// hand is refused.
func TestRestoredDumpOpens(t *testing.T) {
	db, url, name := openNew(t, postgres.Options{})
	tab := openParts(t, db)
	if _, err := tab.AppendOnce(t.Context(), "k", parts(0, 3)); err != nil {
		t.Fatal(err)
	}
	again := func(of string) {
		t.Helper()
		sql(t, url, "ALTER TABLE "+name+"."+of+" RENAME TO old", "CREATE TABLE "+name+"."+of+" (LIKE "+name+".old INCLUDING ALL)")
	}
	again("part")
	sql(t, url, "DROP TABLE "+name+".old")
	again("galley_meta")
	sql(t, url, "INSERT INTO "+name+".galley_meta SELECT * FROM "+name+".old", "DROP TABLE "+name+".old")
	openParts(t, db)
	again("part")
	var mismatch *store.MismatchError
	if _, err := table.Open(t.Context(), db, table.Options[part]{}); !errors.As(err, &mismatch) {
		t.Errorf("created again: error is %v, want a *store.MismatchError", err)
	}
}
