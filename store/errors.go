package store

import (
	"errors"
	"fmt"
	"strings"

	"github.com/galley-db/galley/schema"
)

// The errors that a caller may handle separately. Each is wrapped with the path
// and the cause.
var (
	// ErrOptions is returned when an option has an invalid value.
	ErrOptions = errors.New("store: invalid option")
	// ErrBusy is returned when another process held the write lock for as long
	// as the caller was ready to wait, that is, when a Retrier has given up.
	// Nothing was stored.
	ErrBusy error = busyError{}
	// ErrClosed is returned when the DB was closed.
	ErrClosed = errors.New("the database is closed")
	// ErrReadOnly is returned when a file, its file system or a DB is read-only
	// and the call would write.
	ErrReadOnly = errors.New("read-only")
	// ErrPermission is returned when the role that is connected to a server
	// lacks a privilege that the call needs. docs/scale-out.md lists them.
	ErrPermission = errors.New("the role lacks a privilege; grant it, or connect as another role")
	// ErrNotGalley is returned when a file is not a galley database: it is
	// empty, damaged, of another kind or of another application.
	ErrNotGalley = errors.New("not a galley database")
	// ErrUnsupportedFS is returned when the file is on a network file
	// system, where locks and shared memory do not work between hosts
	// (https://sqlite.org/wal.html).
	ErrUnsupportedFS = errors.New("unsupported file system")
	// ErrDiskFull is returned when the disk or a quota is full, or the file has
	// reached the limit of its size (ulimit -f, or the file system's own). The
	// batch was rolled back. Appends succeed again once there is room.
	ErrDiskFull = errors.New("the disk is full")
	// ErrIO is returned when the operating system cannot open, read or write a
	// file for another reason: a disk that fails (EIO), too many open files
	// (EMFILE), a stale handle (ESTALE). errors.Is reports which, with the
	// syscall.Errno. Unless ErrCommitUnknown is in the chain as well, nothing of
	// the batch is stored.
	ErrIO = errors.New("the operating system cannot read or write the file")
	// ErrCommitUnknown is returned when COMMIT failed and the batch may or
	// may not be stored. It is never retried blindly. Append again with the
	// same key (AppendOnce), which stores the batch once.
	ErrCommitUnknown = errors.New("it is unknown whether the batch was stored")
	// ErrTooLarge is returned when a text or blob is larger than
	// Options.MaxValue.
	ErrTooLarge = errors.New("the value is too large")
	// ErrRowsLost is returned when the engine stored fewer rows than it was
	// given, for example because of a trigger with RAISE(IGNORE). The batch
	// was rolled back.
	ErrRowsLost = errors.New("the table stored fewer rows than were given")
	// ErrUnread is returned when the Rows of a batch cannot be read, which says
	// nothing about a row: they are partly in a temporary file, and that fails.
	// Nothing is stored.
	ErrUnread = errors.New("the rows of the batch cannot be read")
	// ErrKey is returned when a batch key is empty, too long or not valid text.
	ErrKey = errors.New("invalid batch key")
	// ErrNoKey is returned by Upsert on a table without key columns.
	ErrNoKey = errors.New("the table has no key")
	// ErrNoTable is returned when a table is named that the database does
	// not have.
	ErrNoTable = errors.New("no such table")
	// ErrNoBatch is returned when no batch is stored under a key.
	ErrNoBatch = errors.New("no batch has this key")
	// ErrNoBatchColumn is returned when a call removes rows by the key of
	// their batch and the table has no column for it (tag option batch).
	ErrNoBatchColumn = errors.New("the table has no batch column")
	// ErrConstraint is returned when a row breaks a UNIQUE, CHECK, NOT NULL
	// or other constraint of the table. Nothing of its batch is stored.
	ErrConstraint = errors.New("constraint failed")
)

// busyError is the type of ErrBusy.
type busyError struct{}

func (busyError) Error() string { return "another process holds the write lock" }

// Advice is what a Retrier that has given up adds to its own.
func (busyError) Advice() string { return "find out which process holds the lock" }

// RowError is the error for a row of a batch that could not be stored. Nothing
// of the batch is stored.
type RowError struct {
	Table  string
	Row    int    // index into the rows given, from 0
	Column string // "" if the engine names none
	Value  any    // the refused value, nil if it is unknown
	Err    error
}

// Error returns table, row, column, value and cause.
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

// StoredError is the error for a stored row that cannot be written elsewhere,
// because a value does not fit the type of its column. Another program may have
// written the row.
type StoredError struct {
	Table string
	Row   int64 // place among the rows that were read, from 1
	Err   error // names the column: a *schema.ValueError
}

// Error returns table, row, column, value and cause, and what to do.
func (e *StoredError) Error() string {
	return fmt.Sprintf("table %q, row %d of those read: %v; correct the value, or give the column a type that holds it", e.Table, e.Row, e.Err)
}

// Unwrap returns the cause.
func (e *StoredError) Unwrap() error { return e.Err }

// MismatchError is the error for a table that does not fit the struct. It lists
// the differences. The table is unchanged.
type MismatchError struct {
	Path    string
	Table   string
	Changes []schema.Change // would make the table fit; empty if Reason is complete
	Reason  string
	Hint    string // what to do about it
}

// Error returns every difference, one a line.
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

// TableError is returned when the table that a call names does not exist.
type TableError struct{ Table string }

// Error names the table.
func (e *TableError) Error() string { return fmt.Sprintf("table %q does not exist", e.Table) }
