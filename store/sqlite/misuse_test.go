package sqlite

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// badRows are rows whose Bind goes wrong at one of them.
type badRows struct {
	points
	at   int
	harm func()
}

func (b badRows) Bind(i int, w schema.Writer) error {
	if i == b.at {
		b.harm()
	}
	return b.points.Bind(i, w)
}

// TestBinderEnds: a binder that panics or ends its goroutine, at any row, on
// both paths, leaves nothing behind: no lock, no row, and nothing of its rows
// in the next batch.
func TestBinderEnds(t *testing.T) {
	testtime.Seconds(t)
	for name, harm := range map[string]func(){"panic": func() { panic("the binder's own") }, "Goexit": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			// On one processor pools hand out what was just put back; on several,
			// large batches are bound by several goroutines.
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
			path := tempPath(t)
			db := openTest(t, path, Options{})
			s := ensured(t, db)
			var want points
			for _, n := range []int{1, imageRows - 1, imageRows, 200, 5000} {
				if n == 5000 {
					runtime.GOMAXPROCS(4)
				}
				for _, at := range []int{0, n / 2, n - 1} {
					done := make(chan any, 1)
					go func() {
						defer func() { done <- recover() }()
						_, err := store.Insert(context.Background(), db, &store.Batch{Schema: s, Rows: badRows{makePoints(0, n), at, harm}})
						t.Errorf("Insert returned %v", err)
					}()
					if p := <-done; (p != nil) != (name == "panic") {
						t.Errorf("recovered %v", p)
					}
					if err := lockIsFree(path); err != nil {
						t.Errorf("the lock: %v", err)
					}
					next := makePoints(len(want), n+1)
					if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: next}); err != nil {
						t.Errorf("%d rows, ended at %d: the next batch: %v", n, at, err)
					}
					want = append(want, next...)
				}
			}
			wantPoints(t, db, s, want)
		})
	}
}

// TestQueryEnds: a query whose function panics or ends its goroutine gives its
// connection back, and the panic is the caller's.
func TestQueryEnds(t *testing.T) {
	testtime.Seconds(t)
	for name, harm := range map[string]func(){"panic": func() { panic("the caller's own") }, "Goexit": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			db := openTest(t, tempPath(t), Options{Readers: 1})
			s := ensured(t, db)
			if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 10)}); err != nil {
				t.Fatal(err)
			}
			for range 3 {
				done := make(chan any, 1)
				go func() {
					defer func() { done <- recover() }()
					_ = db.Query(context.Background(), store.Select{Schema: s}, func(schema.Reader) (bool, error) {
						harm()
						return true, nil
					})
				}()
				if p := <-done; (p != nil) != (name == "panic") {
					t.Errorf("recovered %v", p)
				}
			}
			wantPoints(t, db, s, makePoints(0, 10))
			if err := db.file.readers.retire(); err != nil {
				t.Errorf("a connection is still in use: %v", err)
			}
		})
	}
}

// TestQueryTooLarge: a query that takes more memory than the engine has is an
// error, and the next one works.
func TestQueryTooLarge(t *testing.T) {
	testtime.Seconds(t)
	db := openTest(t, tempPath(t), Options{})
	s := ensured(t, db)
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 10)}); err != nil {
		t.Fatal(err)
	}
	n, failed := 0, 0
	for _, q := range []store.Select{
		{Schema: s, Where: "length(hex(zeroblob(150000000))) > ?", Args: []any{1}},
		{Schema: s, Where: "length(?) > 1", Args: []any{make([]byte, 300<<20)}},
	} {
		err := db.Query(t.Context(), q, count(&n))
		if err == nil || n != 0 {
			t.Errorf("%s: %d rows and no error", q.Where, n)
		}
		if errors.Is(err, ErrEngine) {
			if failed++; len(db.file.readers.idle) > 0 {
				t.Errorf("%s: a connection whose engine has failed is kept", q.Where)
			}
		}
		wantPoints(t, db, s, makePoints(0, 10))
	}
	if failed == 0 {
		t.Error("the engine did not fail")
	}
}

// TestInsertFromQuery: a batch may be stored from within a query, and a query
// may run during Bind: neither holds a galley lock.
func TestInsertFromQuery(t *testing.T) {
	db := openTest(t, tempPath(t), Options{})
	s := ensured(t, db)
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 10)}); err != nil {
		t.Fatal(err)
	}
	rows := badRows{makePoints(10, 40), 7, func() {
		err := db.Query(t.Context(), store.Select{Schema: s}, func(schema.Reader) (bool, error) {
			_, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(100, 1), Key: "once"})
			return true, err
		})
		if err != nil {
			t.Error(err)
		}
	}}
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: rows}); err != nil {
		t.Fatal(err)
	}
	wantPoints(t, db, s, append(append(makePoints(0, 10), makePoints(100, 1)...), makePoints(10, 40)...))
}

// countdown is a context that ends when it has been asked so many times.
type countdown struct {
	context.Context
	left atomic.Int64
	end  context.CancelFunc
}

func (c *countdown) Err() error {
	if c.left.Add(-1) < 0 {
		c.end()
	}
	return c.Context.Err()
}

// TestCancelAtEachStep ends the context at the first moment that galley looks
// at it, then at the second, and so on: the error is the context's, nothing of
// the batch is stored, and the lock is free. It is looked at between statements
// too.
func TestCancelAtEachStep(t *testing.T) {
	testtime.Seconds(t)
	for _, n := range []int{5, 300} {
		for _, mode := range []schema.Mode{schema.Append, schema.Ignore} {
			path := tempPath(t)
			db := openTest(t, path, Options{})
			s := ensured(t, db, uniqueN)
			least := int64(2)
			if mode != schema.Append { // no image: it is written by statements
				least += int64(n / maxStmtRows)
			}
			for step := int64(0); ; step++ {
				ctx, cancel := context.WithCancel(t.Context())
				c := &countdown{Context: ctx, end: cancel}
				c.left.Store(step)
				_, err := store.Insert(c, db, &store.Batch{Schema: s, Mode: mode, Rows: makePoints(0, n), Key: "k"})
				cancel()
				if err := lockIsFree(path); err != nil {
					t.Fatalf("step %d: the lock: %v", step, err)
				}
				if err == nil {
					wantPoints(t, db, s, makePoints(0, n))
					if step < least {
						t.Errorf("the context was looked at %d times, want %d", step, least)
					}
					break
				}
				if !errors.Is(err, context.Canceled) || busy(err) {
					t.Fatalf("step %d: error is %v, want context.Canceled", step, err)
				}
				wantPoints(t, db, s, nil)
			}
		}
	}
}

// TestCancelWhileLocked: who waits for another process's lock when the context
// ends gets the context's error.
func TestCancelWhileLocked(t *testing.T) {
	testtime.Seconds(t)
	path := tempPath(t)
	db := openTest(t, path, Options{})
	s := ensured(t, db)
	other := openForeign(t, path)
	if err := other.Exec("BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	_, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 3)})
	if !db.Retryable(err) {
		t.Errorf("error is %v, want one that is retryable", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := store.Insert(ctx, db, &store.Batch{Schema: s, Rows: makePoints(0, 3)}); !errors.Is(err, context.Canceled) || db.Retryable(err) {
		t.Errorf("error is %v, want context.Canceled", err)
	}
	if err := other.Exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	wantPoints(t, db, s, nil)
}
