package store

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/galley-db/galley/schema"
)

// OpenWriter is a buffer of rows in front of a Backend, such as a table.Writer.
type OpenWriter interface {
	// Abandon is called once, by the Close of the Backend. The buffer takes no
	// more rows: it refuses them with cause. Abandon returns the number of rows
	// that are not stored, and that no error has reported yet.
	Abandon(cause error) (table string, rows int64)
	// Buffered returns the number of rows that are not stored yet.
	Buffered() (table string, rows int64)
}

// UnstoredError is returned by the Close of a Backend for the rows of Writers
// that were not closed before it. The rows are not stored. Close each Writer
// before the Backend: its Close stores them.
type UnstoredError struct{ Tables []UnstoredRows }

// UnstoredRows are the rows of a table that are not stored.
type UnstoredRows struct {
	Table string
	Rows  int64
}

// Error names each table, and what to do.
func (e *UnstoredError) Error() string {
	var parts []string
	for _, t := range e.Tables {
		parts = append(parts, fmt.Sprintf("%d rows of table %q", t.Rows, t.Table))
	}
	return strings.Join(parts, ", ") + " are not stored: their Writer was still open; close each Writer before the database"
}

// Writers are the open Writers of a Backend, which implements
// Backend.KeepWriter with them. The zero Writers is ready to use. It is safe for
// use by several goroutines at once.
type Writers struct {
	mu     sync.Mutex
	closed bool
	open   []*OpenWriter
}

// Keep adds a Writer, and returns a function that the Writer calls when it is
// closed. It returns ErrClosed after Abandon.
func (w *Writers) Keep(one OpenWriter) (drop func(), err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil, ErrClosed
	}
	entry := &one
	w.open = append(w.open, entry)
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if i := slices.Index(w.open, entry); i >= 0 {
			w.open = slices.Delete(w.open, i, i+1)
		}
	}, nil
}

// Abandon abandons the Writers. It returns an *[UnstoredError] if rows of them
// are not stored. The Close of a Backend calls it when nothing is written any
// more.
func (w *Writers) Abandon() error {
	w.mu.Lock()
	open := w.open
	w.closed, w.open = true, nil
	w.mu.Unlock()
	unstored := &UnstoredError{}
	for _, one := range open {
		table, rows := (*one).Abandon(ErrClosed)
		unstored.Tables = addRows(unstored.Tables, table, rows)
	}
	if len(unstored.Tables) == 0 {
		return nil
	}
	return unstored
}

// Buffered returns the rows that the open Writers hold, by table.
func (w *Writers) Buffered() []UnstoredRows {
	w.mu.Lock()
	open := slices.Clone(w.open)
	w.mu.Unlock()
	var tables []UnstoredRows
	for _, one := range open {
		table, rows := (*one).Buffered()
		tables = addRows(tables, table, rows)
	}
	return tables
}

// addRows adds the rows of a Writer to those of its table.
func addRows(tables []UnstoredRows, table string, rows int64) []UnstoredRows {
	if rows == 0 {
		return tables
	}
	if at := slices.IndexFunc(tables, func(t UnstoredRows) bool { return t.Table == table }); at >= 0 {
		tables[at].Rows += rows
		return tables
	}
	return append(tables, UnstoredRows{table, rows})
}

// RowChecker is an optional method of a Backend whose Begin is slow for single
// rows.
type RowChecker interface {
	// CheckRow returns the *RowError that Begin returns for a batch of row i
	// only, as row 0.
	CheckRow(s *schema.Schema, rows Rows, i int) error
}

// CheckRow returns a *[RowError] if a row cannot be stored, whatever is in the
// table: the error of Begin for a batch of this row only.
func CheckRow(b Backend, s *schema.Schema, rows Rows, i int) error {
	if c, ok := b.(RowChecker); ok {
		return c.CheckRow(s, rows, i)
	}
	in, err := b.Begin(&Batch{Schema: s, Rows: OneRow{rows, i}})
	if err == nil {
		in.Close()
	}
	return err
}

// OneRow is a single row of Rows.
type OneRow struct {
	Of    Rows
	Index int
}

// Len returns 1.
func (OneRow) Len() int { return 1 }

// Bind writes the row into w.
func (o OneRow) Bind(_ int, w schema.Writer) error { return o.Of.Bind(o.Index, w) }
