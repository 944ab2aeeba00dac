package table_test

import (
	"context"
	"errors"
	"testing"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// asked is a context that reports when a goroutine starts to wait for its end,
// and blocks it until then is closed.
type asked struct {
	context.Context
	waits, then chan struct{}
}

func (a asked) Done() <-chan struct{} {
	select {
	case a.waits <- struct{}{}:
		<-a.then
	default:
	}
	return a.Context.Done()
}

func ask(ctx context.Context) asked {
	return asked{ctx, make(chan struct{}, 1), make(chan struct{})}
}

// TestWriterFlushesTogether: each Flush that is in progress when a batch fails
// returns the error, and so does the next Close.
func TestWriterFlushesTogether(t *testing.T) {
	db := openDB(t, tempPath(t))
	fail := make(chan struct{})
	b := &between{Backend: db, insert: func(context.Context, *store.Batch) (store.Result, error) {
		<-fail
		return store.Result{}, errStop
	}}
	_, w := openWriter(t, b, table.WriterOptions{})
	var errs [4]chan error
	for i := range errs {
		if err := w.Write(t.Context(), scan{Voxels: int64(i)}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range errs {
		errs[i] = make(chan error, 1)
		ctx := ask(t.Context())
		close(ctx.then)
		go func() { errs[i] <- w.Flush(ctx) }()
		<-ctx.waits
	}
	close(fail)
	for i := range errs {
		var lost *table.WriteError
		if err := <-errs[i]; !errors.As(err, &lost) || lost.First != 0 || lost.N != len(errs) {
			t.Errorf("Flush %d: %v, want a *WriteError of all rows", i, err)
		}
	}
	if err := w.Flush(t.Context()); err != nil {
		t.Errorf("Flush tells again: %v", err)
	}
	first := w.Close(t.Context())
	if !errors.Is(first, errStop) {
		t.Errorf("Close: %v", first)
	}
	if again := w.Close(t.Context()); again != first {
		t.Errorf("a second Close returns %v, and the first %v", again, first)
	}
}

// TestWriterFlushDuringClose: a Flush that waits while Close gives up ends, and
// returns the rows that were given up.
func TestWriterFlushDuringClose(t *testing.T) {
	begun := make(chan struct{}, 2)
	b := &between{Backend: openDB(t, tempPath(t)), insert: func(ctx context.Context, batch *store.Batch) (store.Result, error) {
		begun <- struct{}{}
		<-ctx.Done()
		return store.Result{}, ctx.Err()
	}}
	_, w := openWriter(t, b, table.WriterOptions{Rows: 2})
	for i := range 3 {
		if err := w.Write(t.Context(), scan{Voxels: int64(i)}); err != nil {
			t.Fatal(err)
		}
	}
	<-begun
	flushed := make(chan error, 1)
	ctx := ask(t.Context())
	go func() { flushed <- w.Flush(ctx) }()
	<-ctx.waits
	over, cancel := context.WithCancel(t.Context())
	cancel()
	closed := w.Close(over)
	close(ctx.then)
	for name, err := range map[string]error{"Close": closed, "Flush": <-flushed} {
		rows := 0
		for _, err := range err.(interface{ Unwrap() []error }).Unwrap() {
			var lost *table.WriteError
			if !errors.As(err, &lost) || !errors.Is(err, context.Canceled) {
				t.Fatalf("%s: %v", name, err)
			}
			rows += lost.N
		}
		if rows != 3 {
			t.Errorf("%s: %v, want errors of 3 rows", name, err)
		}
	}
}

// TestWriterClosesAtOnce: a Close beside another waits for it, as long as its
// context allows.
func TestWriterClosesAtOnce(t *testing.T) {
	db := openDB(t, tempPath(t))
	release := make(chan struct{})
	b := &between{Backend: db, insert: func(ctx context.Context, batch *store.Batch) (store.Result, error) {
		<-release
		return store.Insert(ctx, db, batch)
	}}
	tab, w := openWriter(t, b, table.WriterOptions{})
	if err := w.Write(t.Context(), scan{}); err != nil {
		t.Fatal(err)
	}
	first := ask(t.Context())
	close(first.then)
	closed := make(chan error, 2)
	go func() { closed <- w.Close(first) }()
	<-first.waits
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.Close(over); !errors.Is(err, context.Canceled) {
		t.Errorf("a Close that cannot wait: %v, want context.Canceled", err)
	}
	second := ask(t.Context())
	close(second.then)
	go func() {
		err := w.Close(second)
		if n, countErr := tab.Count(t.Context()); n != 1 || countErr != nil {
			t.Errorf("after the second Close: %d rows, %v", n, countErr)
		}
		closed <- err
	}()
	<-second.waits
	close(release)
	if err := errors.Join(<-closed, <-closed); err != nil {
		t.Error(err)
	}
}
