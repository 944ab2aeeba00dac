package sqlite

import (
	"testing"

	"github.com/galley-db/galley/store"
)

// TestLookAtTable: a table that fits is compared on the writer's connection where that
// is idle, so that opening it opens no other, and on a reader's where a writer is at
// work, which is not waited for.
func TestLookAtTable(t *testing.T) {
	path := tempPath(t)
	first := openTest(t, path, Options{})
	s := ensured(t, first)
	must(t, first.Close())
	db := openTest(t, path, Options{})
	look := func() { must(t, db.Ensure(t.Context(), s, store.Strict)) }
	if look(); db.file.readers.any() {
		t.Error("a reader was opened although the writer is idle")
	}
	must(t, db.file.exclusively(t.Context(), func(*writer) error {
		look()
		return nil
	}))
	if !db.file.readers.any() {
		t.Error("no reader was opened while the writer is at work")
	}
}
