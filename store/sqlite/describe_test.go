package sqlite

import (
	"context"
	"errors"
	"sync/atomic"
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

// ending is a context that ends once it has been looked at so many times.
type ending struct {
	context.Context
	left atomic.Int64
}

func (e *ending) Err() error {
	if e.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

// TestLookEndsWithTheContext: wherever a context ends while a table is compared, its
// error is the one of Ensure, and nothing is left open on the connection.
func TestLookEndsWithTheContext(t *testing.T) {
	path := tempPath(t)
	first := openTest(t, path, Options{})
	s := ensured(t, first)
	must(t, first.Close())
	db := openTest(t, path, Options{})
	const most = 1000
	for n := range int64(most) {
		ctx := &ending{Context: t.Context()}
		ctx.left.Store(n)
		err := db.Ensure(ctx, s, store.Strict)
		if !errors.Is(err, context.Canceled) && err != nil {
			t.Fatalf("ended after %d looks: %v, want %v", n, err, context.Canceled)
		}
		must(t, db.file.exclusively(t.Context(), func(w *writer) error {
			if !w.conn.GetAutocommit() {
				t.Errorf("ended after %d looks: a transaction is open", n)
			}
			return nil
		}))
		if err == nil {
			return
		}
	}
	t.Errorf("Ensure looks at its context more than %d times", most)
}
