package table_test

import (
	"context"
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/backoff"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// between stands between a table and its backend.
type between struct {
	store.Backend
	insert func(ctx context.Context, b *store.Batch) (store.Result, error)
}

func (b *between) Begin(batch *store.Batch) (store.Insertion, error) {
	return insertion{b, batch}, nil
}

type insertion struct {
	*between
	batch *store.Batch
}

func (in insertion) Try(ctx context.Context) (store.Result, error) { return in.insert(ctx, in.batch) }
func (in insertion) Close()                                        {}

// openWriter returns a writer whose table goes through b.
func openWriter(t testing.TB, b store.Backend, opts table.WriterOptions) (*table.Table[scan], *table.Writer[scan]) {
	t.Helper()
	tab := openTable(t, b, table.Options[scan]{Retrier: backoff.None()})
	w, err := tab.Writer(opts)
	if err != nil {
		t.Fatal(err)
	}
	return tab, w
}

// TestWriterQuarantineResumes: rows in quarantine count as taken, and other
// batches than before are refused: which rows were quarantined is not known.
func TestWriterQuarantineResumes(t *testing.T) {
	path := tempPath(t)
	db := openDB(t, path)
	with := openTable(t, db, table.Options[scan]{Quarantine: true})
	tab := with
	run := func(rows int) error {
		w, err := tab.Writer(table.WriterOptions{Rows: rows, Key: "run"})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 20 {
			row := scan{Voxels: int64(i)}
			if i%3 == 0 && tab == with {
				row.Volume = math.NaN()
			}
			if err := w.Write(t.Context(), row); errors.Is(err, store.ErrKey) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
		return w.Close(t.Context())
	}
	for range 2 {
		if err := run(10); err != nil {
			t.Error(err)
		}
	}
	if err := run(4); !errors.Is(err, store.ErrKey) {
		t.Errorf("other batches: %v", err)
	}
	stored := func() {
		t.Helper()
		n, err := tab.Count(t.Context())
		if got := len(aside(t, tab)); n != 13 || got != 7 || err != nil {
			t.Errorf("%d rows, %d in quarantine, %v", n, got, err)
		}
	}
	stored()
	// Nor does a table without Quarantine take rows for new that are in it.
	tab = openTable(t, db, table.Options[scan]{})
	if err := run(10); err != nil {
		t.Error(err)
	}
	if err := run(9); !errors.Is(err, store.ErrKey) {
		t.Errorf("other batches, without Quarantine: %v", err)
	}
	stored()
	// Without the quarantined rows, the content of the batches is unknown.
	byHand(t, path, "DELETE FROM scan_rejected")
	tab = with
	if err := run(10); !errors.Is(err, store.ErrKey) {
		t.Errorf("without what was put aside: %v", err)
	}
}

// TestWriterKeyOfAnother: a key of the Writer's that has a batch without rows
// under it, which no Writer stores, is an error, and not waited for.
func TestWriterKeyOfAnother(t *testing.T) {
	db := openDB(t, tempPath(t))
	tab, w := openWriter(t, db, table.WriterOptions{Key: "run"})
	s := tab.Schema()
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Key: "run/000000000", Rows: noRows{}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Write(t.Context(), scan{}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(t.Context()); !errors.Is(err, store.ErrKey) {
		t.Errorf("error %v, want ErrKey", err)
	}
}

type noRows struct{}

func (noRows) Len() int                      { return 0 }
func (noRows) Bind(int, schema.Writer) error { return nil }

// TestWriterUnknown: rows whose commit has failed may be stored, and the error
// does not say that they are not.
func TestWriterUnknown(t *testing.T) {
	db := openDB(t, tempPath(t))
	b := &between{Backend: db, insert: func(ctx context.Context, batch *store.Batch) (store.Result, error) {
		return store.Result{}, table.ErrCommitUnknown
	}}
	_, w := openWriter(t, b, table.WriterOptions{})
	if err := w.Write(t.Context(), scan{}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(t.Context()); !errors.Is(err, table.ErrCommitUnknown) || !strings.Contains(err.Error(), "rows 0 to 0 may not be stored") {
		t.Errorf("error %v", err)
	}
}

// TestWriterHoldsTwoBatches: while one batch is being stored, one more fits,
// and then Write waits.
func TestWriterHoldsTwoBatches(t *testing.T) {
	db := openDB(t, tempPath(t))
	release := make(chan struct{})
	b := &between{Backend: db, insert: func(ctx context.Context, batch *store.Batch) (store.Result, error) {
		<-release
		return store.Insert(ctx, db, batch)
	}}
	tab, w := openWriter(t, b, table.WriterOptions{Rows: 50})
	over, cancel := context.WithCancel(t.Context())
	cancel()
	taken := 0
	for ; w.Write(over, scan{Voxels: int64(taken)}) == nil; taken++ {
		if taken > 1000 {
			t.Fatal("Write never waits")
		}
	}
	if taken != 100 {
		t.Errorf("the writer holds %d rows, want two batches of 50", taken)
	}
	if err := w.Flush(over); !errors.Is(err, context.Canceled) {
		t.Errorf("Flush: %v, want context.Canceled", err)
	}
	close(release)
	if err := w.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if n, err := tab.Count(t.Context()); n != 100 || err != nil {
		t.Errorf("%d rows, %v: a row that Write refused must not be there", n, err)
	}
}

// TestWriterLingers: a row that is alone is stored by its age.
func TestWriterLingers(t *testing.T) {
	db := openDB(t, tempPath(t))
	stored := make(chan int, 10)
	b := &between{Backend: db, insert: func(ctx context.Context, batch *store.Batch) (store.Result, error) {
		res, err := store.Insert(ctx, db, batch)
		stored <- batch.Rows.Len()
		return res, err
	}}
	_, w := openWriter(t, b, table.WriterOptions{Linger: time.Nanosecond})
	for range 3 {
		if err := w.Write(t.Context(), scan{}); err != nil {
			t.Fatal(err)
		}
		if n := <-stored; n != 1 {
			t.Errorf("%d rows", n)
		}
	}
	if err := w.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestWriterClosesInTime: when Close's context ends, what is not stored is named
// whole: the batch under way, which ends with it, and that behind it.
func TestWriterClosesInTime(t *testing.T) {
	db := openDB(t, tempPath(t))
	begun := make(chan struct{}, 1)
	b := &between{Backend: db, insert: func(ctx context.Context, batch *store.Batch) (store.Result, error) {
		begun <- struct{}{}
		<-ctx.Done()
		return store.Result{}, ctx.Err()
	}}
	tab, w := openWriter(t, b, table.WriterOptions{Rows: 10})
	for i := range 17 {
		if err := w.Write(t.Context(), scan{Voxels: int64(i)}); err != nil {
			t.Fatal(err)
		}
	}
	<-begun
	over, cancel := context.WithCancel(t.Context())
	cancel()
	err := w.Close(over)
	lost := map[int64]int{}
	for _, err := range err.(interface{ Unwrap() []error }).Unwrap() {
		var e *table.WriteError
		if !errors.As(err, &e) || !errors.Is(err, context.Canceled) {
			t.Fatalf("error %v", err)
		}
		lost[e.First] = e.N
	}
	if diff := cmp.Diff(map[int64]int{0: 10, 10: 7}, lost); diff != "" {
		t.Errorf("lost (-want +got):\n%s", diff)
	}
	if n, err := tab.Count(t.Context()); n != 0 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
}

// wild is a text that panics, or ends the goroutine, when it is asked for.
type wild string

func (w wild) MarshalText() ([]byte, error) {
	switch w {
	case "panic":
		panic("wild")
	case "exit":
		runtime.Goexit()
	}
	return []byte(w), nil
}

func (w *wild) UnmarshalText(b []byte) error { *w = wild(b); return nil }

// TestWriterWild: the row's own code that panics or exits does so in the Write of
// the row, which is not in the buffer then, and holds up no other caller.
func TestWriterWild(t *testing.T) {
	type beast struct{ Name wild }
	tab := openTable(t, openDB(t, tempPath(t)), table.Options[beast]{})
	w, err := tab.Writer(table.WriterOptions{Rows: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []wild{"a", "panic", "exit", "b"} {
		ended := make(chan error, 1)
		go func() {
			err := errStop
			defer func() {
				_ = recover()
				ended <- err
			}()
			err = w.Write(t.Context(), beast{name})
		}()
		if err := <-ended; (err == nil) != (len(name) == 1) {
			t.Errorf("Write of %q: %v", name, err)
		}
	}
	if err := w.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if n, err := tab.Count(t.Context()); n != 2 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
}

// TestWriterOptions: what cannot be meant is refused.
func TestWriterOptions(t *testing.T) {
	tab := openTable(t, openDB(t, tempPath(t)), table.Options[scan]{})
	for _, opts := range []table.WriterOptions{{Rows: -1}, {Bytes: -1}, {Linger: -1}} {
		if _, err := tab.Writer(opts); !errors.Is(err, store.ErrOptions) {
			t.Errorf("%+v: %v, want ErrOptions", opts, err)
		}
	}
	for _, key := range []string{strings.Repeat("k", 1020), "\xff", "a\x00"} {
		if _, err := tab.Writer(table.WriterOptions{Key: key}); !errors.Is(err, store.ErrKey) {
			t.Errorf("key %.9q: %v, want ErrKey", key, err)
		}
	}
	tab = openTable(t, openDB(t, tempPath(t)), table.Options[scan]{Quarantine: true})
	if _, err := tab.Writer(table.WriterOptions{Key: "k", Linger: time.Second}); !errors.Is(err, store.ErrOptions) {
		t.Errorf("batches by the clock, with a Key and a quarantine: %v, want ErrOptions", err)
	}
}
