package storetest

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// checked is a row that breaks a rule of the table where Volume is negative:
// only the database says so.
type checked struct {
	N      int64
	Volume float64 `db:"volume,check=volume >= 0"`
}

// writerRefuses writes rows with values that their columns cannot hold: Write
// refuses them by row and column, and stores the others.
func (s Suite) writerRefuses(t *testing.T) {
	tab := openTable(t, s.Open(t), table.Options[reading]{Retrier: once})
	w, err := tab.Writer(table.WriterOptions{Rows: 3})
	if err != nil {
		t.Fatal(err)
	}
	rows := readings(0, 8)
	for i, row := range rows {
		bad := row
		bad.Volume = math.NaN()
		err := w.Write(t.Context(), bad)
		var refused *table.RowError
		if !errors.As(err, &refused) || refused.Row != i || refused.Column != "volume" || !errors.Is(err, schema.ErrNaN) {
			t.Fatalf("Write of a NaN: %v, want a *RowError of row %d", err, i)
		}
		if err := w.Write(t.Context(), row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	want(t, tab.View, rows)
}

// writerKeepsFew writes many rows that the table refuses: each error is given to
// OnError, and Flush and Close return the first of them and count the others.
func (s Suite) writerKeepsFew(t *testing.T) {
	const kept, all = 100, 130
	tab := openTable(t, s.Open(t), table.Options[checked]{Retrier: once})
	told := make(chan error, all)
	w, err := tab.Writer(table.WriterOptions{Rows: 1, OnError: func(err error) { told <- err }})
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		if err := w.Write(t.Context(), checked{int64(i), -1}); err != nil {
			t.Fatal(err)
		}
	}
	counts := func(err error) (n int, more table.MoreErrors) {
		for _, err := range err.(interface{ Unwrap() []error }).Unwrap() {
			var rest *table.MoreErrors
			if errors.As(err, &rest) {
				more = *rest
			} else {
				n++
			}
		}
		return n, more
	}
	want := table.MoreErrors{Table: "checked", Errors: all - kept, Rows: all - kept}
	if n, more := counts(w.Flush(t.Context())); n != kept || more != want {
		t.Errorf("Flush returns %d errors and %+v, want %d and %+v", n, more, kept, want)
	}
	if err := w.Flush(t.Context()); err != nil {
		t.Errorf("Flush tells twice: %v", err)
	}
	if err := w.Write(t.Context(), checked{all, -1}); err != nil {
		t.Fatal(err)
	}
	var lost *table.WriteError
	if err := w.Flush(t.Context()); !errors.As(err, &lost) || lost.First != all {
		t.Errorf("Flush after many errors: %v, want that of row %d", err, all)
	}
	want.Errors, want.Rows = want.Errors+1, want.Rows+1
	if n, more := counts(w.Close(t.Context())); n != kept || more != want {
		t.Errorf("Close returns %d errors and %+v, want %d and %+v", n, more, kept, want)
	}
	for i := range all + 1 {
		if err := <-told; !errors.As(err, &lost) {
			t.Fatalf("error %d given to OnError is %v", i, err)
		}
	}
}

// writerUnclosed closes the backend before its Writers: Close names the tables
// and the rows that are not stored, and Write refuses further rows.
func (s Suite) writerUnclosed(t *testing.T) {
	b := s.Open(t)
	openWriter := func(name string, rows int) *table.Writer[reading] {
		t.Helper()
		w, err := openTable(t, b, table.Options[reading]{Name: name, Retrier: once}).Writer(table.WriterOptions{Rows: 10})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range readings(0, rows) {
			if err := w.Write(t.Context(), row); err != nil {
				t.Fatal(err)
			}
		}
		return w
	}
	one, two, flushed, closed := openWriter("one", 3), openWriter("two", 4), openWriter("flushed", 2), openWriter("closed", 5)
	openWriter("two", 1)
	if err := errors.Join(flushed.Flush(t.Context()), closed.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	err := b.Close()
	var unstored *store.UnstoredError
	if !errors.As(err, &unstored) {
		t.Fatalf("Close of the backend: %v, want a *store.UnstoredError", err)
	}
	if diff := cmp.Diff([]store.UnstoredRows{{Table: "one", Rows: 3}, {Table: "two", Rows: 5}}, unstored.Tables); diff != "" {
		t.Errorf("rows that are not stored (-want +got):\n%s", diff)
	}
	if err := b.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
	for _, w := range []*table.Writer[reading]{one, flushed} {
		if err := w.Write(t.Context(), readings(9, 1)[0]); !errors.Is(err, store.ErrClosed) {
			t.Errorf("Write after the Close of the backend: %v, want %v", err, store.ErrClosed)
		}
	}
	if err := closed.Write(t.Context(), readings(9, 1)[0]); !errors.Is(err, table.ErrWriterClosed) {
		t.Errorf("Write after Close: %v, want %v", err, table.ErrWriterClosed)
	}
	for _, w := range []*table.Writer[reading]{one, two} {
		if err := w.Close(t.Context()); !errors.Is(err, store.ErrClosed) {
			t.Errorf("Close of a Writer after that of the backend: %v, want %v", err, store.ErrClosed)
		}
	}
}
