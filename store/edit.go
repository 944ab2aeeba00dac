package store

import (
	"fmt"
	"strings"

	"github.com/galley-db/galley/schema"
)

// Edit changes or removes the rows of a table that meet a condition.
type Edit struct {
	// Schema is that of the whole table.
	Schema *schema.Schema
	// Set are the columns to change, by name; nil removes the rows.
	Set *schema.Schema
	// Row is the one row of Set's new values.
	Row Rows
	// Where is SQL for the WHERE clause, and Args the values of its parameters,
	// which are those of the Dialect. Where must not be empty.
	Where string
	Args  []any
}

// Check returns an error if the edit is wrong independently of what is stored.
// Backends call it.
func (e *Edit) Check() error {
	table := e.Schema.Name()
	if strings.TrimSpace(e.Where) == "" {
		return fmt.Errorf("table %q: %w: the condition is empty; for all rows, write true", table, ErrQuery)
	}
	if e.Set == nil {
		return nil
	}
	if n := e.Row.Len(); n != 1 {
		return fmt.Errorf("table %q: %w: %d rows of new values, want 1", table, ErrOptions, n)
	}
	for _, c := range e.Set.Columns() {
		at, ok := e.Schema.Column(c.Name)
		switch {
		case !ok:
			return fmt.Errorf("table %q: %w: it has no column %q", table, ErrOptions, c.Name)
		case at == e.Schema.Batch():
			return fmt.Errorf("table %q: %w: column %q has the keys of batches; use Forget and Replace", table, ErrOptions, c.Name)
		}
	}
	return nil
}

// RowsLostError returns an error for an edit that found rows and changed fewer.
func (e *Edit) RowsLostError(found, done int64) error {
	return fmt.Errorf("table %q: %w: %d of %d that meet the condition were edited; look for a trigger or rule that skips rows",
		e.Schema.Name(), ErrRowsLost, done, found)
}
