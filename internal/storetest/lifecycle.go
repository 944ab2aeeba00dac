package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// cancel ends contexts before and during an append: it returns the context's
// error and nothing is stored, or nil and all is.
func (s Suite) cancel(t *testing.T) {
	tab := openTable(t, s.Open(t), table.Options[reading]{})
	ended, stop := context.WithCancel(t.Context())
	stop()
	if err := tab.Append(ended, readings(0, 10)); !errors.Is(err, context.Canceled) {
		t.Errorf("Append: error is %v, want context.Canceled", err)
	}
	if _, err := tab.AppendOnce(ended, "k", readings(0, 10)); !errors.Is(err, context.Canceled) {
		t.Errorf("AppendOnce: error is %v, want context.Canceled", err)
	}
	if _, err := tab.Count(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("Count: error is %v, want context.Canceled", err)
	}
	for _, err := range tab.All(ended) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("All: error is %v, want context.Canceled", err)
		}
	}
	stored := 0
	for i := range 40 {
		ctx, stop := context.WithCancel(t.Context())
		rows := readings(10_000*i, 2_000)
		done := make(chan error, 1)
		go func() { done <- tab.Append(ctx, rows) }()
		for range i % 20 { // until it is anywhere, or over
			if len(done) > 0 {
				break
			}
			if _, err := tab.Done(t.Context(), "none"); err != nil {
				t.Error(err)
			}
		}
		stop()
		switch err := <-done; {
		case err == nil:
			stored++
		case !errors.Is(err, context.Canceled):
			t.Errorf("error is %v, want context.Canceled", err)
		}
		if n, err := tab.Count(t.Context()); err != nil || n != int64(stored)*2_000 {
			t.Fatalf("round %d: %d rows, %v, want %d", i, n, err, stored*2_000)
		}
	}
}

// close closes a backend, also within a loop and while others write. Acknowledged
// rows are stored.
func (s Suite) close(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[reading]{})
	if err := tab.Append(t.Context(), readings(0, 5_000)); err != nil {
		t.Fatal(err)
	}
	stored := make(chan int64, 4)
	started := make(chan struct{}, 4)
	for w := range 4 {
		go func() {
			n := int64(0)
			for i := 0; ; i++ {
				if err := tab.Append(context.Background(), readings(1_000_000*(w+1)+i, 1)); err != nil {
					if !errors.Is(err, store.ErrClosed) {
						t.Errorf("while closing: error is %v, want store.ErrClosed", err)
					}
					stored <- n
					return
				}
				if n++; n == 3 {
					started <- struct{}{}
				}
			}
		}()
	}
	for range 4 {
		<-started
	}
	var reader *table.Table[reading]
	if s.Again != nil {
		reader = openTable(t, s.Again(t, b), table.Options[reading]{})
	}
	var last error
	n := 0
	for _, err := range tab.All(t.Context()) {
		if n++; n == 3 {
			if err := b.Close(); err != nil {
				t.Errorf("Close within a loop: %v", err)
			}
		}
		last = err
	}
	if !errors.Is(last, store.ErrClosed) && n < 5_000 {
		t.Errorf("the loop ended after %d rows with %v", n, last)
	}
	total := int64(5_000)
	for range 4 {
		total += <-stored
	}
	if err := b.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
	for name, err := range map[string]error{
		"Append":   tab.Append(t.Context(), readings(0, 1)),
		"Count":    func() error { _, err := tab.Count(t.Context()); return err }(),
		"Ensure":   b.Ensure(t.Context(), tab.Schema(), store.Strict),
		"Describe": func() error { _, err := b.Describe(t.Context(), "reading"); return err }(),
		"Query":    b.Query(t.Context(), store.Select{Schema: tab.Schema()}, nil),
		"Done":     func() error { _, err := tab.Done(t.Context(), "k"); return err }(),
		"Batches": func() error {
			for _, err := range b.Batches(t.Context(), store.BatchFilter{}) {
				return err
			}
			return nil
		}(),
		"Rejected": func() error {
			for _, err := range b.Rejected(t.Context(), store.RejectedFilter{Table: "reading"}) {
				return err
			}
			return nil
		}(),
		"Forget": func() error { _, err := b.Forget(t.Context(), tab.Schema(), "k"); return err }(),
	} {
		if !errors.Is(err, store.ErrClosed) {
			t.Errorf("%s: error is %v, want store.ErrClosed", name, err)
		}
	}
	if reader == nil {
		return
	}
	if n, err := reader.Count(t.Context()); err != nil || n != total {
		t.Errorf("%d rows, %v, and %d were acknowledged", n, err, total)
	}
}
