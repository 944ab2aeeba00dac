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
	want(t, tab.View, nil)
	for rejected, err := range b.Rejected(t.Context(), store.RejectedFilter{Table: "unread"}) {
		t.Errorf("row %v is in quarantine (%v)", rejected, err)
	}
}
