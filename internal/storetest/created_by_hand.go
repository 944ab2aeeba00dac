package storetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

type keyedByHand struct {
	N int64 `db:",key"`
	S string
}

// createdByHand has another program drop a table and create it again with the same
// columns: its batches are in the ledger, and their rows are gone. The table is
// refused, while it is open too, until the ledger is as the table. A table that was
// created again with its rows, as by a dump that is restored, opens.
func (s Suite) createdByHand(t *testing.T) {
	b := s.Open(t)
	rows := func(i int) []keyedByHand { return []keyedByHand{{int64(2 * i), "a"}, {int64(2*i + 1), "b"}} }
	store3 := func(tab *table.Table[keyedByHand]) (applied int) {
		t.Helper()
		for i := range 3 {
			did, err := tab.AppendOnce(t.Context(), fmt.Sprint(i), rows(i))
			if err != nil {
				t.Error(err)
			}
			if did {
				applied++
			}
		}
		return applied
	}
	last := openTable(t, b, table.Options[byHand]{Name: "last"})
	tab := openTable(t, b, table.Options[keyedByHand]{Name: "t"})
	openTable(t, b, table.Options[keyedByHand]{Name: "other"})
	store3(tab)
	again := append([]string{"DROP TABLE t"}, tab.Schema().CreateTable(b.Dialect())...)
	refused := func(what string, err error) {
		t.Helper()
		mismatch, ok := errors.AsType[*store.MismatchError](err)
		if !ok || !strings.Contains(mismatch.Reason, "created again") || !strings.Contains(mismatch.Reason, "galley_batches") {
			t.Errorf("%s: error is %v, want a *store.MismatchError that says what to do", what, err)
		}
	}
	open := func(how store.Evolution) error {
		_, err := table.Open(t.Context(), b, table.Options[keyedByHand]{Name: "t", Evolve: how})
		return err
	}

	s.ByHand(t, b, again...)
	// Another table that is created does not hide it.
	openTable(t, b, table.Options[keyedByHand]{Name: "later"})
	for _, how := range []store.Evolution{store.Strict, store.Additive, store.Rebuild} {
		refused("Open "+how.String(), open(how))
	}
	if b.Dialect() == schema.SQLite() { // a server is asked when a table is opened
		_, err := tab.AppendOnce(t.Context(), "new", rows(9))
		refused("AppendOnce", err)
	}
	s.ByHand(t, b, "DELETE FROM galley_batches WHERE "+b.Dialect().Quote("table")+" = 't'")
	tab = openTable(t, b, table.Options[keyedByHand]{Name: "t"})
	if n := store3(tab); n != 3 {
		t.Errorf("%d of 3 batches are stored again", n)
	}

	// With its rows, and with all but one, which a program may have removed.
	for i, where := range []string{"", " WHERE n > 0"} {
		s.ByHand(t, b, append(append([]string{"CREATE TABLE kept AS SELECT * FROM t"}, again...), "INSERT INTO t SELECT * FROM kept"+where, "DROP TABLE kept")...)
		openTable(t, b, table.Options[keyedByHand]{Name: "t"})
		if n := store3(openTable(t, b, table.Options[keyedByHand]{Name: "t"})); n != 0 {
			t.Errorf("%d batches are stored twice", n)
		}
		if n, err := tab.Count(t.Context()); n != int64(6-i) || err != nil {
			t.Errorf("%d rows, %v, want %d", n, err, 6-i)
		}
	}
	// That is known from now on: rows may be removed.
	if _, err := tab.Delete(t.Context(), "n >= 0"); err != nil {
		t.Fatal(err)
	}
	if err := open(store.Strict); err != nil {
		t.Errorf("a table whose rows were deleted: %v", err)
	}
	s.ByHand(t, b, again...)
	refused("a second time", open(store.Strict))

	if err := last.Append(t.Context(), []byHand{{1, "a", 1}}); err != nil {
		t.Errorf("another table: %v", err)
	}
}
