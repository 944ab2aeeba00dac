package storetest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// unreadRows cannot be read from one on.
type unreadRows struct {
	rawRows
	from int
}

var errDisk = errors.New("the disk has failed")

func (r unreadRows) Bind(i int, w schema.Writer) error {
	if i >= r.from {
		return fmt.Errorf("%w: %w", store.ErrUnread, errDisk)
	}
	return r.rawRows.Bind(i, w)
}

// unreadAgain cannot be read once a bad value of it was read.
type unreadAgain struct {
	rawRows
	bad  int
	read *bool
}

func (r unreadAgain) Bind(i int, w schema.Writer) error {
	if i == r.bad {
		if *r.read {
			return fmt.Errorf("%w: %w", store.ErrUnread, errDisk)
		}
		*r.read = true
		w.Int64(0, 1)
		w.Text(1, "\xff")
		return nil
	}
	return r.rawRows.Bind(i, w)
}

// unread fails a batch whose rows cannot be read, whatever is done with rows that
// cannot be stored: no row of it is at fault.
func (s Suite) unread(t *testing.T) {
	type row struct{ N int64 }
	b := s.Open(t)
	tab := openTable(t, b, table.Options[row]{Name: "unread"})
	for _, count := range []int{6, 60} { // few rows, and as many as a page image has
		rows := unreadRows{from: count / 2}
		for i := range count {
			rows.rawRows = append(rows.rawRows, func(w schema.Writer) { w.Int64(0, int64(i)) })
		}
		for what, batch := range map[string]*store.Batch{
			"a batch":         {},
			"with Sift":       {Sift: true},
			"with Quarantine": {Quarantine: true},
		} {
			batch.Schema, batch.Rows, batch.Key = tab.Schema(), rows, what
			_, err := store.Insert(t.Context(), b, batch)
			if !errors.Is(err, store.ErrUnread) || !errors.Is(err, errDisk) || errors.As(err, new(*store.RowError)) || errors.As(err, new(*store.SiftError)) {
				t.Errorf("%s of %d rows: %v; want ErrUnread with its cause, and no row", what, count, err)
			}
		}
	}
	type named struct {
		N    int64
		Name string
	}
	names := openTable(t, b, table.Options[named]{Name: "names", Quarantine: true})
	rows := unreadAgain{bad: 1, read: new(bool)}
	for range 3 {
		rows.rawRows = append(rows.rawRows, func(w schema.Writer) {
			w.Int64(0, 0)
			w.Text(1, "x")
		})
	}
	// The text of the row for the quarantine is not cut.
	_, err := store.Insert(t.Context(), b, &store.Batch{Schema: names.Schema(), Rows: rows, Quarantine: true})
	if !errors.Is(err, store.ErrUnread) || !errors.Is(err, errDisk) || errors.As(err, new(*store.RowError)) {
		t.Errorf("a row that is read for the quarantine: %v; want ErrUnread with its cause, and no row", err)
	}
	want(t, tab.View, nil)
	want(t, names.View, nil)
	for _, name := range []string{"unread", "names"} {
		for rejected, err := range b.Rejected(t.Context(), store.RejectedFilter{Table: name}) {
			t.Errorf("row %v is in quarantine (%v)", rejected, err)
		}
	}
}
