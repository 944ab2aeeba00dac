package spool_test

import (
	"errors"
	"testing"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// TestTogetherIsRefused: a file of a spool has rows of one table, so rows of two
// cannot be stored together, and none of them are.
func TestTogetherIsRefused(t *testing.T) {
	s := open(t)
	tab := regions(t, s)
	type note struct{ Text string }
	notes, err := table.Open(t.Context(), s, table.Options[note]{})
	if err != nil {
		t.Fatal(err)
	}
	applied, err := table.Together(t.Context(), "k", tab.Part(rows(2)), notes.Part([]note{{"x"}}))
	if applied || !errors.Is(err, store.ErrOneTable) {
		t.Errorf("applied %v, %v, want ErrOneTable", applied, err)
	}
	if all := files(t, s); len(all) > 0 {
		t.Errorf("files: %q", all)
	}
	if applied, err := table.Together(t.Context(), "k", tab.Part(rows(2))); err != nil || !applied {
		t.Errorf("one table: applied %v, %v", applied, err)
	}
}
