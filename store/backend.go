package store

import (
	"context"
	"iter"

	"github.com/galley-db/galley/schema"
)

// Backend stores typed tables, in an SQLite file or on a server. It handles
// schemas and rows, and no Go types of the caller. A Backend is safe for use by
// several goroutines at once.
type Backend interface {
	// Dialect is the SQL that the backend speaks.
	Dialect() schema.Dialect
	// Tables returns the schemas of all tables, ordered by name, without
	// galley's own and those of quarantined rows.
	Tables(ctx context.Context) ([]*schema.Schema, error)
	// Describe returns the schema of a table as the database has it, nil if
	// the table does not exist.
	Describe(ctx context.Context, table string) (*schema.Schema, error)
	// Ensure creates the table of s if it is missing. Otherwise it compares
	// the table with s, column by column, and makes the changes that how
	// permits, in one transaction. If they are not enough, it returns a
	// *MismatchError and leaves the table unchanged.
	Ensure(ctx context.Context, s *schema.Schema, how Evolution) error
	// Begin checks a batch and encodes its rows. It does not touch the
	// database. It returns a *RowError for a row that cannot be stored, and
	// the errors of Batch.Check. The caller closes the Insertion.
	Begin(b *Batch) (Insertion, error)
	// Forget removes the rows of the batch with this key and its ledger entry,
	// in one transaction. The key can then be stored again. Forget returns the
	// number of rows removed. It returns ErrNoBatch if the key is not stored,
	// and ErrNoBatchColumn for a table without a batch column (tag option
	// batch).
	Forget(ctx context.Context, s *schema.Schema, key string) (rows int64, err error)
	// Edit changes or removes the rows that meet a condition, in one
	// transaction, and returns their number. If it returns an error, it has
	// edited nothing, unless the error is ErrCommitUnknown.
	Edit(ctx context.Context, e Edit) (rows int64, err error)
	// Batches returns the batches of the ledger that f selects, oldest first.
	// They are read on demand; an error comes last.
	Batches(ctx context.Context, f BatchFilter) iter.Seq2[StoredBatch, error]
	// Rejected returns the rows in quarantine that f selects, oldest first. A
	// table without a quarantine has none. They are read on demand; an error
	// comes last.
	Rejected(ctx context.Context, f RejectedFilter) iter.Seq2[RejectedRow, error]
	// Query runs a SELECT and calls row for each row of its result, until
	// row returns false or an error. The Reader is valid during the call
	// only. Query returns row's error unchanged.
	Query(ctx context.Context, q Select, row func(schema.Reader) (more bool, err error)) error
	// Retryable reports whether err means that another writer holds the lock
	// and the same call may succeed later.
	Retryable(err error) bool
	// KeepWriter adds a Writer to those that Close abandons. The Writer calls
	// drop when it is closed. After Close it returns ErrClosed.
	KeepWriter(w OpenWriter) (drop func(), err error)
	// Close waits for the work in progress and releases the connections. It
	// returns an *UnstoredError if rows of Writers are not stored that were not
	// closed before. A second Close does nothing.
	Close() error
}

// Select is a query of a Backend.
type Select struct {
	// Schema are the columns of the result, and the table they come from.
	Schema *schema.Schema
	// SQL, unless empty, is the whole statement, which must give exactly
	// Schema's columns, by name. Where, OrderBy and Limit are then ignored.
	// Parameters are those of the Dialect: Arguments translates others.
	SQL string
	// ByPosition takes the columns of SQL's result in Schema's order, whatever
	// their names.
	ByPosition bool
	// Where is SQL for the WHERE clause, "" for all rows. It reaches SQL
	// unchanged; put values into Args.
	Where string
	Args  []any
	// OrderBy is SQL for the ORDER BY clause, "" for the order of storage.
	OrderBy string
	// Limit is the largest number of rows, 0 for all.
	Limit int64
}

// TableSQL returns a table's name in the backend's SQL: quoted, and with the
// namespace if the backend has namespaces. SQL that names galley's tables uses
// it, because the meaning of an unqualified name depends on the connection.
func TableSQL(b Backend, table string) string {
	if b, ok := b.(interface{ TableSQL(table string) string }); ok {
		return b.TableSQL(table)
	}
	return b.Dialect().Quote(table)
}
