package store

import (
	"context"
	"time"

	"github.com/galley-db/galley/schema"
)

// Backend is a place where typed tables live: an SQLite file ([Open]) or a
// server. It knows schemas and rows, and nothing of Go types. A Backend is
// safe for use by several goroutines at once.
type Backend interface {
	// Dialect is the SQL that the backend speaks.
	Dialect() schema.Dialect
	// Ensure creates the table of s where there is none, and otherwise
	// compares it with s, column by column. It returns a *MismatchError,
	// with the table unchanged, where they differ.
	Ensure(ctx context.Context, s *schema.Schema) error
	// Insert writes a batch: all rows in one transaction, or none.
	//
	// Insert is one attempt. After an error for which Retryable is true,
	// nothing of the batch is stored and the same *Batch may be handed to
	// Insert again; its rows are not read a second time.
	Insert(ctx context.Context, b *Batch) (Result, error)
	// Query runs a SELECT and calls row for each row of its result, until
	// row returns false or an error. The Reader is valid during the call
	// only. Query returns row's error as it is.
	Query(ctx context.Context, q Select, row func(schema.Reader) (more bool, err error)) error
	// Retryable tells whether err says that somebody else is writing, so
	// that the same call may succeed a little later.
	Retryable(err error) bool
	// Close releases the backend's connections, after the work under way.
	// A second Close does nothing.
	Close() error
}

// Rows are the rows of a batch: a slice that can be read again from any
// index.
type Rows interface {
	Len() int
	// Bind writes row i into w, as schema.Binder does.
	Bind(i int, w schema.Writer) error
}

// Batch is a unit of writing. Its fields are set before the first Insert and
// left alone afterwards.
type Batch struct {
	Schema *schema.Schema
	Mode   schema.Mode
	Rows   Rows
	// Key, unless empty, names the batch within its table: a key that was
	// stored before makes Insert a no-op with Result.Applied false.
	Key string

	// Kept over attempts: what the first made of Rows, when it began, and
	// the place in the writer's queue.
	encoded *encoded
	since   time.Time
	ticket  uint64
}

// Result says what an Insert did.
type Result struct {
	Applied bool  // false: the batch's key was there already
	Rows    int64 // rows stored
}

// Select is a query of a Backend.
type Select struct {
	// Schema are the columns of the result, and the table they come from.
	Schema *schema.Schema
	// SQL, unless empty, is the whole statement, which then must give
	// Schema's columns in their order; Where, OrderBy and Limit are not
	// looked at.
	SQL string
	// Where is SQL for the WHERE clause, "" for all rows. It is the one
	// string that reaches SQL as it is; values belong into Args.
	Where string
	Args  []any
	// OrderBy is SQL for the ORDER BY clause, "" for the order of storage.
	OrderBy string
	// Limit is the largest number of rows, 0 for all.
	Limit int64
}
