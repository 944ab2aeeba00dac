package table_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// harmful is a retrier that does harm after the operation, or before it.
type harmful struct {
	before bool
	harm   func()
	on     *bool
}

func (h harmful) Do(ctx context.Context, op func(context.Context) error, _ func(error) bool) error {
	if *h.on && h.before {
		h.harm()
	}
	err := op(ctx)
	if *h.on {
		h.harm()
	}
	return err
}

// TestRetrierEnds: a retrier that panics or ends its goroutine leaves no lock
// behind, and what it had stored by then is stored whole.
func TestRetrierEnds(t *testing.T) {
	testtime.Seconds(t)
	for name, harm := range map[string]func(){"panic": func() { panic("the retrier's own") }, "Goexit": runtime.Goexit} {
		for _, before := range []bool{false, true} {
			on := false
			db := openDB(t, tempPath(t))
			tab := openTable(t, db, table.Options[scan]{Retrier: harmful{before, harm, &on}})
			on = true
			done := make(chan any, 1)
			go func() {
				defer func() { done <- recover() }()
				_ = tab.Append(context.Background(), makeScans(0, 50))
			}()
			if p := <-done; (p != nil) != (name == "panic") {
				t.Errorf("recovered %v", p)
			}
			on = false
			want := makeScans(0, 50)
			if before {
				want = nil
			}
			if err := tab.Append(t.Context(), makeScans(50, 1)); err != nil {
				t.Error(err)
			}
			want = append(want, makeScans(50, 1)...)
			if diff := cmp.Diff(want, collect(t, tab.All(t.Context()))); diff != "" {
				t.Errorf("%s, before %v (-want +got):\n%s", name, before, diff)
			}
		}
	}
}

// TestIteratorsMayAppendPanicOrExit: an iterator that AppendSeq runs through may append to the
// same table, panic, or end its goroutine; a loop over All may append.
func TestIteratorsMayAppendPanicOrExit(t *testing.T) {
	tab := openTable(t, openDB(t, tempPath(t)), table.Options[scan]{BatchRows: 10})
	n, err := tab.AppendSeq(t.Context(), func(yield func(scan, error) bool) {
		for i, s := range makeScans(0, 35) {
			if i == 17 {
				if err := tab.Append(t.Context(), makeScans(1000, 5)); err != nil {
					t.Error(err)
				}
			}
			if !yield(s, nil) {
				return
			}
		}
	})
	if n != 35 || err != nil {
		t.Errorf("AppendSeq = %d, %v", n, err)
	}
	stored := int64(40)
	for name, harm := range map[string]func(){"panic": func() { panic("the iterator's own") }, "Goexit": runtime.Goexit} {
		done := make(chan any, 1)
		go func() {
			defer func() { done <- recover() }()
			_, _ = tab.AppendSeq(context.Background(), func(yield func(scan, error) bool) {
				for _, s := range makeScans(0, 25) {
					yield(s, nil)
				}
				harm()
			})
		}()
		if p := <-done; (p != nil) != (name == "panic") {
			t.Errorf("recovered %v", p)
		}
		stored += 20 // two whole batches
	}
	for range tab.All(t.Context()) {
		if err := tab.Append(t.Context(), makeScans(0, 1)); err != nil {
			t.Fatal(err)
		}
		stored++
	}
	want := int64(80 + 80)
	if got, err := tab.Count(t.Context()); got != want || stored != want || err != nil {
		t.Errorf("%d rows, %v; want %d", got, err, want)
	}
}

// TestCopyOfTable: copies of a Table are the table, from many goroutines.
func TestCopyOfTable(t *testing.T) {
	db := openDB(t, tempPath(t))
	tab := openTable(t, db, table.Options[scan]{})
	var wg sync.WaitGroup
	for i := range 8 {
		copied := *tab
		wg.Go(func() {
			if err := copied.Append(context.Background(), makeScans(100*i, 40)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n, err := tab.Count(t.Context()); n != 320 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	copied := *tab
	if err := copied.Append(t.Context(), makeScans(0, 1)); !errors.Is(err, store.ErrClosed) {
		t.Errorf("after Close: error is %v, want ErrClosed", err)
	}
	if _, err := copied.Count(t.Context()); !errors.Is(err, store.ErrClosed) {
		t.Errorf("after Close: error is %v, want ErrClosed", err)
	}
}
