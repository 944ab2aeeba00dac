package table_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"

	"github.com/galley-db/galley/backoff"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// TestCommitUnknown: the commit of a batch fails, which was stored, or was not.
// Append says so and does not try again; AppendOnce does, and stores it once.
func TestCommitUnknown(t *testing.T) {
	for _, stored := range []bool{false, true} {
		for _, key := range []string{"", "k"} {
			t.Run(fmt.Sprintf("stored=%v/key=%q", stored, key), func(t *testing.T) {
				db := openDB(t, tempPath(t))
				calls := 0
				tab := openTable(t, &between{Backend: db, insert: func(ctx context.Context, b *store.Batch) (store.Result, error) {
					if calls++; calls > 1 {
						return store.Insert(ctx, db, b)
					}
					if stored {
						if _, err := store.Insert(ctx, db, b); err != nil {
							t.Error(err)
						}
					}
					return store.Result{}, fmt.Errorf("%w: as if", store.ErrCommitUnknown)
				}}, table.Options[scan]{})
				var err error
				wantCalls, want := 1, 0
				if key == "" {
					err = tab.Append(t.Context(), makeScans(0, 5))
				} else {
					_, err = tab.AppendOnce(t.Context(), key, makeScans(0, 5))
					wantCalls = 2
				}
				if unknown := errors.Is(err, table.ErrCommitUnknown); unknown != (key == "") || err != nil && !unknown {
					t.Errorf("error is %v", err)
				}
				if calls != wantCalls {
					t.Errorf("it was tried %d times, want %d", calls, wantCalls)
				}
				if stored || key != "" {
					want = 5
				}
				if got := len(collect(t, tab.All(t.Context()))); got != want {
					t.Errorf("%d rows, want %d", got, want)
				}
			})
		}
	}
}

// errOffline is an error that is tried again.
var errOffline = errors.New("the server cannot be reached")

// offline is a backend of which the first attempt to write has an unknown
// outcome and all others fail.
type offline struct {
	store.Backend
	tries int
	err   error
	after func()
}

func (b *offline) Begin(batch *store.Batch) (store.Insertion, error) {
	return insertion{&between{insert: func(context.Context, *store.Batch) (store.Result, error) { return store.Result{}, b.try() }}, batch}, nil
}

func (b *offline) Forget(context.Context, *schema.Schema, string) (int64, error) {
	return 0, b.try()
}

func (b *offline) try() error {
	if b.tries++; b.tries == 1 {
		return fmt.Errorf("%w: as if", store.ErrCommitUnknown)
	}
	if b.after != nil {
		b.after()
	}
	return b.err
}

func (b *offline) Retryable(err error) bool { return errors.Is(err, errOffline) }

// TestUnknownStays: a batch may be stored by an attempt whose outcome is unknown.
// However the attempts after it end, the error says so.
func TestUnknownStays(t *testing.T) {
	db := openDB(t, tempPath(t))
	calls := map[string]func(ctx context.Context, tab *table.Table[scan]) error{
		"AppendOnce": func(ctx context.Context, tab *table.Table[scan]) error {
			_, err := tab.AppendOnce(ctx, "k", makeScans(0, 5))
			return err
		},
		"Writer": func(ctx context.Context, tab *table.Table[scan]) error {
			w, err := tab.Writer(table.WriterOptions{Key: "k", Rows: 3})
			if err != nil {
				return err
			}
			for _, row := range makeScans(0, 3) {
				if err := w.Write(ctx, row); err != nil {
					break // Close returns it
				}
			}
			return w.Close(ctx)
		},
	}
	for name, call := range calls {
		for how, end := range map[string]func(b *offline) context.Context{
			"attempts are used up": func(b *offline) context.Context { b.err = errOffline; return t.Context() },
			"another error":        func(b *offline) context.Context { b.err = store.ErrDiskFull; return t.Context() },
			"the context ends": func(b *offline) context.Context {
				ctx, cancel := context.WithCancel(t.Context())
				b.err, b.after = errOffline, cancel
				return ctx
			},
		} {
			t.Run(name+"/"+how, func(t *testing.T) {
				b := &offline{Backend: db}
				ctx := end(b)
				tab, err := table.Open(t.Context(), b, table.Options[scan]{Retrier: backoff.Exponential{MaxAttempts: 4}})
				if err != nil {
					t.Fatal(err)
				}
				if err := call(ctx, tab); !errors.Is(err, store.ErrCommitUnknown) {
					t.Errorf("error is %v, want one of ErrCommitUnknown", err)
				}
				if b.tries < 2 {
					t.Errorf("it was tried %d times, want more", b.tries)
				}
			})
		}
	}
}

// blind is a backend whose ledger cannot be read at first, or is empty.
type blind struct {
	store.Backend
	fail  int
	empty bool
}

func (b *blind) Batches(ctx context.Context, f store.BatchFilter) iter.Seq2[store.StoredBatch, error] {
	return func(yield func(store.StoredBatch, error) bool) {
		switch {
		case b.fail > 0:
			b.fail--
			yield(store.StoredBatch{}, errOffline)
		case !b.empty:
			b.Backend.Batches(ctx, f)(yield)
		}
	}
}

func (b *blind) Retryable(err error) bool { return errors.Is(err, errOffline) }

// TestWriterLooksAgain: a Writer that is run again with its Key looks at the
// ledger as often as its Retrier says, and ends where the ledger contradicts
// itself.
func TestWriterLooksAgain(t *testing.T) {
	db := openDB(t, tempPath(t))
	run := func(b store.Backend) error {
		tab, err := table.Open(t.Context(), b, table.Options[scan]{Retrier: backoff.Exponential{MaxAttempts: 4}})
		if err != nil {
			t.Fatal(err)
		}
		w, err := tab.Writer(table.WriterOptions{Key: "k", Rows: 3})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range makeScans(0, 9) {
			if err := w.Write(t.Context(), row); err != nil {
				break // Close returns it
			}
		}
		return w.Close(t.Context())
	}
	if err := run(db); err != nil {
		t.Fatal(err)
	}
	if err := run(&blind{Backend: db, fail: 2}); err != nil {
		t.Errorf("a look that fails twice: %v", err)
	}
	if err := run(&blind{Backend: db, fail: 1000}); !errors.Is(err, store.ErrCommitUnknown) {
		t.Errorf("a look that always fails: error is %v, want one of ErrCommitUnknown: the rows are stored", err)
	}
	if err := run(&blind{Backend: db, empty: true}); !errors.Is(err, store.ErrKey) {
		t.Errorf("a ledger that says both: error is %v, want store.ErrKey", err)
	}
	tab, err := table.Open(t.Context(), db, table.Options[scan]{})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := tab.Count(t.Context()); n != 9 || err != nil {
		t.Errorf("%d rows, %v, want 9", n, err)
	}
}
