package store

import (
	"context"

	"github.com/galley-db/galley/schema"
)

// Backend is a place where typed tables live: an SQLite file ([Open]) or a
// server. It knows schemas and rows, and nothing of Go types. A Backend is
// safe for use by several goroutines at once.
type Backend interface {
	// Dialect is the SQL that the backend speaks.
	Dialect() schema.Dialect
	// Describe returns the schema of a table as the database has it, nil
	// where there is no such table.
	Describe(ctx context.Context, table string) (*schema.Schema, error)
	// Ensure creates the table of s where there is none, and otherwise
	// compares it with s, column by column, and does with a difference what
	// how says, in one transaction. It returns a *MismatchError, with the
	// table unchanged, where that is not enough.
	Ensure(ctx context.Context, s *schema.Schema, how Evolution) error
	// Begin checks a batch and encodes its rows, and touches nothing in the
	// database. It returns a *RowError for a row that cannot be stored, and
	// what Batch.Check returns. The caller closes the Insertion.
	Begin(b *Batch) (Insertion, error)
	// Forget removes the rows of the batch with this key and its mark, in
	// one transaction, so that the key can be stored again. The table needs
	// a batch column (tag option batch): ErrNoBatchColumn. It returns the
	// number of rows removed, and reports false where the key is not stored.
	Forget(ctx context.Context, s *schema.Schema, key string) (rows int64, found bool, err error)
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

// Select is a query of a Backend.
type Select struct {
	// Schema are the columns of the result, and the table they come from.
	Schema *schema.Schema
	// SQL, unless empty, is the whole statement, which must give exactly
	// Schema's columns, by name; Where, OrderBy and Limit are not looked at.
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
