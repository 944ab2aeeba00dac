package storetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// between stands between a table and its backend.
type between struct {
	store.Backend
	insert func(ctx context.Context, b *store.Batch) (store.Result, error)
}

func (b *between) Begin(batch *store.Batch) (store.Insertion, error) {
	return attempt{b, batch}, nil
}

// attempt is a batch that goes through a between.
type attempt struct {
	*between
	batch *store.Batch
}

func (a attempt) Try(ctx context.Context) (store.Result, error) { return a.insert(ctx, a.batch) }
func (a attempt) Close()                                        {}

// writerModel writes rows one at a time: whatever the pieces and the buffer, at
// Flush and Close the table has them.
func (s Suite) writerModel(t *testing.T) {
	tab := openTable(t, s.Open(t), table.Options[reading]{BatchRows: 25})
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		opts := table.WriterOptions{
			Rows:  rapid.SampledFrom([]int{0, 1, 2, 31}).Draw(rt, "size"),
			Bytes: rapid.SampledFrom([]int{0, 1, 200}).Draw(rt, "bytes"),
			Key:   rapid.SampledFrom([]string{"", fmt.Sprint("run ", round)}).Draw(rt, "key"),
		}
		written := []reading{}
		var w *table.Writer[reading]
		open := func() {
			if opts.Key != "" {
				opts.Key += "+"
			}
			var err error
			if w, err = tab.Writer(opts); err != nil {
				rt.Fatal(err)
			}
		}
		open()
		for range rapid.IntRange(1, 6).Draw(rt, "steps") {
			for range rapid.IntRange(0, 40).Draw(rt, "n") {
				row := readings(roundRows*round+len(written), 1)[0]
				if err := w.Write(t.Context(), row); err != nil {
					rt.Fatal(err)
				}
				written = append(written, row)
			}
			switch rapid.SampledFrom([]string{"go on", "flush", "close"}).Draw(rt, "way") {
			case "flush":
				if err := w.Flush(t.Context()); err != nil {
					rt.Fatal(err)
				}
				wantRound(rt, tab.View, round, written)
			case "close":
				if err := errors.Join(w.Close(t.Context()), w.Close(t.Context())); err != nil {
					rt.Fatal(err)
				}
				wantRound(rt, tab.View, round, written)
				if err := w.Write(t.Context(), reading{}); !errors.Is(err, table.ErrWriterClosed) {
					rt.Fatalf("Write after Close: %v", err)
				}
				if err := w.Flush(t.Context()); !errors.Is(err, table.ErrWriterClosed) {
					rt.Fatalf("Flush after Close: %v", err)
				}
				open()
			}
		}
		if err := w.Close(t.Context()); err != nil {
			rt.Fatal(err)
		}
		wantRound(rt, tab.View, round, written)
	})
}

// writerAtOnce writes through one writer from several goroutines: each row is
// there once, and there after its own Flush.
func (s Suite) writerAtOnce(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[reading]{})
	w, err := tab.Writer(table.WriterOptions{Rows: 100, Linger: time.Microsecond})
	if err != nil {
		t.Fatal(err)
	}
	const workers, each = 8, 600
	atOnce(t, workers, func(g int) error {
		for i, row := range readings(g*each, each) {
			if err := w.Write(t.Context(), row); err != nil {
				return err
			}
			if i%200 != 0 {
				continue
			}
			if err := w.Flush(t.Context()); err != nil {
				return err
			}
			if _, err := tab.One(t.Context(), "n = "+b.Dialect().Placeholder(1), row.N); err != nil {
				return fmt.Errorf("row %d after Flush: %w", row.N, err)
			}
		}
		return nil
	})
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	want(t, tab.View, readings(0, workers*each))
}

// writerErrors writes rows that break a rule of the table: the errors name exactly
// the rows that are not stored.
func (s Suite) writerErrors(t *testing.T) {
	tab := openTable(t, s.Open(t), table.Options[checked]{Retrier: once})
	w, err := tab.Writer(table.WriterOptions{Rows: 10})
	if err != nil {
		t.Fatal(err)
	}
	rows := make([]checked, 65)
	for i := range rows {
		if rows[i].N = int64(i); i == 3 || i == 27 || i == 28 || i == 63 {
			rows[i].Volume = -1
		}
		if err := w.Write(t.Context(), rows[i]); err != nil {
			t.Fatal(err)
		}
		if i == 44 { // in the middle of a batch
			wantLost(t, w.Flush(t.Context()), [][3]int64{{0, 10, 3}, {20, 10, 27}})
			if err := w.Flush(t.Context()); err != nil {
				t.Errorf("Flush tells twice: %v", err)
			}
		}
	}
	wantLost(t, w.Close(t.Context()), [][3]int64{{0, 10, 3}, {20, 10, 27}, {55, 10, 63}})
	want(t, tab.View, slices.Concat(rows[10:20], rows[30:55]))
}

// wantLost compares the *WriteErrors in err: first row, number, and the row of
// the *RowError in each.
func wantLost(t *testing.T, err error, want [][3]int64) {
	t.Helper()
	var got [][3]int64
	joined, _ := err.(interface{ Unwrap() []error })
	if joined == nil {
		t.Fatalf("error is %v, want several", err)
	}
	for _, err := range joined.Unwrap() {
		var lost *table.WriteError
		var row *table.RowError
		if !errors.As(err, &lost) || !errors.As(err, &row) {
			t.Fatalf("error is %v, want a *WriteError of a *RowError", err)
		}
		got = append(got, [3]int64{lost.First, int64(lost.N), int64(row.Row)})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lost (-want +got):\n%s", diff)
	}
}

// writerResumes runs a producer of the same rows again and again, after crashes
// at any batch, also such as leave open whether it was stored, with batches cut
// elsewhere each time. At the end each row exists once.
func (s Suite) writerResumes(t *testing.T) {
	under := s.Open(t)
	errStop := errors.New("stop")
	left, stored := 0, false // batches before the one that fails, and whether that is stored anyway
	b := &between{Backend: under}
	b.insert = func(ctx context.Context, batch *store.Batch) (store.Result, error) {
		if left--; left != -1 {
			return store.Insert(ctx, under, batch)
		}
		if stored {
			if _, err := store.Insert(ctx, under, batch); err != nil {
				return store.Result{}, err
			}
		}
		return store.Result{}, errStop
	}
	tab := openTable(t, b, table.Options[reading]{Retrier: once})
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		rows := readings(roundRows*round, rapid.IntRange(1, 150).Draw(rt, "total"))
		for run := 0; ; run++ {
			left = rapid.IntRange(0, 6).Draw(rt, "batches")
			if run == 4 {
				left = math.MaxInt
			}
			stored = rapid.Bool().Draw(rt, "stored")
			linger := time.Duration(rapid.IntRange(0, 1).Draw(rt, "linger"))
			w, err := tab.Writer(table.WriterOptions{Rows: rapid.IntRange(1, 60).Draw(rt, "size"), Linger: linger, Key: fmt.Sprint("run ", round)})
			if err != nil {
				rt.Fatal(err)
			}
			for i, row := range rows {
				if err := w.Write(t.Context(), row); errors.Is(err, errStop) {
					break
				} else if err != nil {
					rt.Fatal(err)
				}
				if i%37 == run {
					_ = w.Flush(t.Context())
				}
			}
			if err = w.Close(t.Context()); err == nil {
				break
			}
			var lost *table.WriteError
			if !errors.Is(err, errStop) || !errors.As(err, &lost) || run == 4 {
				rt.Fatalf("run %d: %v", run, err)
			}
		}
		wantRound(rt, tab.View, round, rows)
	})
}
