package table

import "github.com/galley-db/galley/store"

// The names of package store that programs with tables use. They are the same
// types and values, so errors.Is and errors.As work with either name.
type (
	// Result counts what happened to the rows of a call: inserted, changed,
	// unchanged, quarantined, removed.
	Result = store.Result
	// RowError is the error for a row that could not be stored: row, column and
	// value.
	RowError = store.RowError
	// MismatchError lists how a table differs from T.
	MismatchError = store.MismatchError
	// StoredError is the error for a stored value that does not fit its column,
	// as another program may have written it.
	StoredError = store.StoredError
	// Rejected is a row in quarantine (Options.Quarantine).
	Rejected = store.RejectedRow
	// Evolution selects what Open may change in a table that differs from T.
	Evolution = store.Evolution
)

// The values of Evolution.
const (
	Strict   = store.Strict
	Additive = store.Additive
	Rebuild  = store.Rebuild
	// RebuildAndDrop also loses the values of columns that T lacks.
	RebuildAndDrop = store.RebuildAndDrop
)

var (
	// ErrCommitUnknown is returned when a commit failed and the rows may or may
	// not be stored. Append does not retry then. AppendOnce does, and the key
	// settles the outcome.
	ErrCommitUnknown = store.ErrCommitUnknown
	// ErrBusy is in the chain of an error after which another process still holds
	// the write lock.
	ErrBusy = store.ErrBusy
	// ErrClosed is returned after the database was closed.
	ErrClosed = store.ErrClosed
	// ErrConstraint is in the chain of a *RowError for a row that breaks a rule of
	// the table.
	ErrConstraint = store.ErrConstraint
	// ErrKey is returned for a key that a batch cannot have.
	ErrKey = store.ErrKey
	// ErrNoKey is returned by Upsert when no field of T is tagged key.
	ErrNoKey = store.ErrNoKey
	// ErrNoBatchColumn is returned by Forget and Replace when no field of T is
	// tagged batch, or when the batch is older than that column.
	ErrNoBatchColumn = store.ErrNoBatchColumn
	// ErrNoRow is returned by One when no row meets the condition.
	ErrNoRow = store.ErrNoRow
	// ErrManyRows is returned by One when several rows meet the condition.
	ErrManyRows = store.ErrManyRows
	// ErrRowsLost is returned when a trigger or a rule dropped rows; the batch is
	// rolled back.
	ErrRowsLost = store.ErrRowsLost
	// ErrQuery is in the chain of an error for a condition or an option that
	// cannot be.
	ErrQuery = store.ErrQuery
)
