package store

import (
	"errors"
	"fmt"
	"strings"

	"github.com/galley-db/galley/schema"
)

// The errors that a caller may want to tell apart. Each is wrapped with the
// path and the cause.
var (
	// ErrOptions is returned when an option has an invalid value.
	ErrOptions = errors.New("store: invalid option")
	// ErrClosed is returned when the DB was closed.
	ErrClosed = errors.New("the database is closed")
	// ErrReadOnly is returned when writing to a file or through a DB that
	// can only be read.
	ErrReadOnly = errors.New("read-only")
	// ErrNotGalley is returned when a file is not a galley database: it is
	// empty, something else, another application's, or it was damaged.
	ErrNotGalley = errors.New("not a galley database")
	// ErrUnsupportedFS is returned when the file is on a network file
	// system, where locks and shared memory do not work between hosts
	// (https://sqlite.org/wal.html).
	ErrUnsupportedFS = errors.New("unsupported file system")
	// ErrDiskFull is returned when the disk or a quota is full. The batch
	// was rolled back; appends work again once there is room.
	ErrDiskFull = errors.New("the disk is full")
	// ErrCommitUnknown is returned when COMMIT failed in a way that leaves
	// open whether the batch is stored. It is never retried blindly: append
	// again with the same key (AppendOnce), which stores it once.
	ErrCommitUnknown = errors.New("it is unknown whether the batch was stored")
	// ErrTooLarge is returned when a text or blob is larger than
	// Options.MaxValue.
	ErrTooLarge = errors.New("the value is too large")
	// ErrRowsLost is returned when the engine stored fewer rows than it was
	// given, as a trigger with RAISE(IGNORE) makes it do. The batch was
	// rolled back.
	ErrRowsLost = errors.New("the table stored fewer rows than were given")
	// ErrKey is returned when a batch key is empty, too long, or no text.
	ErrKey = errors.New("invalid batch key")
	// ErrNoKey is returned by Upsert on a table without key columns.
	ErrNoKey = errors.New("the table has no key")
	// ErrNoBatchColumn is returned when rows are to be removed by the key of
	// their batch and the table has no column for it (tag option batch).
	ErrNoBatchColumn = errors.New("the table has no batch column")
	// ErrConstraint is returned when a row breaks a UNIQUE, CHECK, NOT NULL
	// or other constraint of the table. Nothing of its batch is stored.
	ErrConstraint = errors.New("constraint failed")
)

// RowError says which row of a batch could not be stored, and why. Nothing of
// the batch is stored.
type RowError struct {
	Table  string
	Row    int    // index into the rows given, from 0
	Column string // "" where the engine names none
	Value  any    // the value refused, nil where it is not known
	Err    error
}

// Error names table, row, column, value and cause.
func (e *RowError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "table %q, row %d", e.Table, e.Row)
	var value *schema.ValueError
	if errors.As(e.Err, &value) {
		fmt.Fprintf(&b, ": %v", e.Err)
		return b.String()
	}
	if e.Column != "" {
		fmt.Fprintf(&b, ", column %q", e.Column)
	}
	fmt.Fprintf(&b, ": %v", e.Err)
	return b.String()
}

// Unwrap returns the cause.
func (e *RowError) Unwrap() error { return e.Err }

// MismatchError says how a table in the file differs from the struct that is
// to be stored in it. The table is as it was.
type MismatchError struct {
	Path    string
	Table   string
	Changes []schema.Change // what would make the table fit; empty where Reason says it all
	Reason  string
	Hint    string // what to do about it
}

// Error lists every difference, one a line.
func (e *MismatchError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "table %q", e.Table)
	if e.Path != "" {
		fmt.Fprintf(&b, " in %s", e.Path)
	}
	b.WriteString(" does not fit the struct")
	if e.Reason != "" {
		fmt.Fprintf(&b, ": %s", e.Reason)
	}
	for _, c := range e.Changes {
		fmt.Fprintf(&b, "\n\t%v", c)
	}
	if e.Hint != "" {
		b.WriteString("\n\t" + e.Hint)
	}
	return b.String()
}
