// Package bind has the functions that generated binders call. Programs need it
// only for a binder that is written by hand.
//
// Where a single call of a [schema.Writer] or a [schema.Reader] stores or reads
// a value, a generated binder makes that call itself. For the other values it
// calls this package: blobs, vectors, JSON, text by MarshalText, and the full
// range of uint64. The binder of [schema.Reflect] goes through the same code,
// so both store the same bytes and return the same errors.
//
// The functions return a *[schema.ValueError] for a value that they cannot
// store or read. A panic in a value's own methods reaches the caller.
package bind

import (
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/schema/internal/cell"
)

// Cell is the place of a value in a row.
type Cell struct {
	Index int    // of the column
	Name  string // of the column, for errors
	Null  bool   // NULL reads as the zero value, and nil is stored as NULL
}

func (c Cell) place() cell.Place { return cell.Place{Index: c.Index, Null: c.Null} }

// refuse returns the error of a value that package cell refused, nil for none.
func (c Cell) refuse(v any, err error) error {
	if err == nil {
		return nil
	}
	return &schema.ValueError{Column: c.Name, Value: v, Err: err}
}
