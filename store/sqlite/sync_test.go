package sqlite

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/galley-db/galley/store"
)

func TestSync(t *testing.T) {
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "x.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Sync(t.Context()); err != nil {
		t.Errorf("before a commit: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := db.Sync(t.Context()); !errors.Is(err, store.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
	memory, err := Open(t.Context(), "", Options{inMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(memory.Sync(t.Context()), memory.Close()); err != nil {
		t.Errorf("in memory: %v", err)
	}
}
