package store

import (
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/galley-db/galley/schema"
)

// Rows are the rows of a batch: a slice that can be read from any index, any
// number of times, by several goroutines at once.
type Rows interface {
	Len() int
	// Bind writes row i into w, as schema.Binder does. An error that wraps
	// ErrUnread is not one of the row.
	Bind(i int, w schema.Writer) error
}

// Batch is a unit of writing: all of its rows are stored, or none. Its fields
// must not change while an Insertion of it is open.
type Batch struct {
	Schema *schema.Schema
	Mode   schema.Mode
	Rows   Rows
	// Key, unless empty, names the batch within its table. If the key is
	// stored already, nothing is written and Result.Applied is false. Key also
	// goes into the table's batch column, if it has one.
	Key string
	// At is the time that the ledger has for Key, to the microsecond. The zero
	// time is that of the attempt that stores the batch.
	At time.Time
	// LedgerRows, unless 0, is the number of rows that the ledger has for Key.
	// It needs a Key and no Rows: the batch's rows were stored otherwise, as by
	// a copy of the table.
	LedgerRows int64
	// Replace first removes the batch stored under Key, as Forget does, in the
	// same transaction.
	Replace bool
	// Removes are the keys of other batches of the table that are removed, as
	// Forget does, in the same transaction, before the rows are stored. A key that
	// is not stored is skipped. It needs a Key. A backend whose batches are spread
	// over several servers returns ErrOptions.
	Removes []string
	// Others, unless nil, compares the batch with others of its table before its
	// rows are stored, in the same transaction. It needs a Key. A backend whose
	// batches are spread over several servers returns ErrOptions.
	Others *Others
	// Quarantine puts rows that break a constraint of the table into
	// TABLE_rejected, in the same transaction, instead of failing the batch.
	Quarantine bool
	// Sift looks for all rows that cannot be stored, not only for the first.
	// If there are any, nothing of the batch is stored, and Begin or Try returns
	// a *SiftError that lists them. It excludes Quarantine.
	Sift bool
	// Carried, unless nil, is stored in the same transaction. It needs no Key.
	Carried *Carried
	// With are batches of other tables that are stored in the same transaction, in
	// this order. They have the Key of this batch, which must not be empty, and
	// only append. The Result counts the rows of all tables. The error is a
	// *PartlyStoredError if the key is stored for some of the tables only, and
	// ErrOneTable if the backend cannot store several tables together.
	With []*Batch
}

// Result counts what an attempt did, in rows. Inserted, Changed, Unchanged and
// Rejected add up to the rows given.
type Result struct {
	Applied   bool  // false if the batch's key was stored already
	Inserted  int64 // new in the table
	Changed   int64 // by Upsert: existed with other values
	Unchanged int64 // by Upsert: existed with the same values; by Ignore: existed
	Rejected  int64 // put into quarantine
	Removed   int64 // by Replace and Removes
}

// Check returns an error if the batch is wrong independently of its rows:
// ErrOptions, ErrNoKey, ErrNoBatchColumn or ErrKey. Backends call it.
func (b *Batch) Check() error {
	if err := b.checkCarried(); err != nil {
		return err
	}
	if err := b.checkWith(); err != nil {
		return err
	}
	switch {
	case b.Mode > schema.Ignore:
		return fmt.Errorf("%w: mode %d", ErrOptions, b.Mode)
	case b.Sift && b.Quarantine:
		return fmt.Errorf("%w: Sift and Quarantine cannot be combined", ErrOptions)
	case b.Mode == schema.Upsert && len(b.Schema.Key()) == 0:
		return fmt.Errorf("table %q: %w; tag the columns that name a row with key", b.Schema.Name(), ErrNoKey)
	case b.RemovesRows() && b.Schema.Batch() < 0:
		return noBatchColumn(b.Schema)
	case b.RemovesRows() && b.Key == "":
		return fmt.Errorf("%w: it is empty; Replace and Removes need the key of a batch", ErrKey)
	case b.Others != nil && (b.Key == "" || b.Others.Prefix == "" || b.Others.Check == nil):
		return fmt.Errorf("%w: Others needs the key of the batch, a Prefix and a Check", ErrOptions)
	case slices.Contains(b.Removes, b.Key) && b.Key != "":
		return fmt.Errorf("%w: Removes has the batch's own key %q; use Replace", ErrOptions, b.Key)
	case b.LedgerRows != 0 && (b.LedgerRows < 0 || b.Key == "" || b.Rows.Len() > 0):
		return fmt.Errorf("%w: LedgerRows is %d; it needs a Key and no Rows", ErrOptions, b.LedgerRows)
	case b.Key != "":
		return CheckKey(b.Key)
	}
	return nil
}

// RemovesRows reports whether the batch may remove rows that are stored.
func (b *Batch) RemovesRows() bool { return b.Replace || len(b.Removes) > 0 }

// KeyedRows returns the rows with the batch's key in the table's batch column,
// whatever the rows have there. Without a key or such a column it returns Rows.
func (b *Batch) KeyedRows() Rows {
	if at := b.Schema.Batch(); at >= 0 && b.Key != "" {
		return keyedRows{b.Rows, at, b.Key}
	}
	return b.Rows
}

type keyedRows struct {
	Rows
	column int
	key    string
}

func (k keyedRows) Bind(i int, w schema.Writer) error {
	return k.Rows.Bind(i, keyWriter{w, k.column, k.key})
}

type keyWriter struct {
	schema.Writer
	column int
	key    string
}

func (k keyWriter) Text(i int, v string) {
	if i == k.column {
		v = k.key
	}
	k.Writer.Text(i, v)
}

// CheckForget returns an error if the batch of this key cannot be removed,
// independently of what is stored: ErrKey or ErrNoBatchColumn.
func CheckForget(s *schema.Schema, key string) error {
	if s.Batch() < 0 {
		return noBatchColumn(s)
	}
	return CheckKey(key)
}

func noBatchColumn(s *schema.Schema) error {
	return fmt.Errorf("table %q: %w; add a string field with the tag option batch", s.Name(), ErrNoBatchColumn)
}

// maxKey is the longest batch key in bytes.
const maxKey = 1024

// CheckKey returns ErrKey if key cannot be the key of a batch.
func CheckKey(key string) error {
	switch {
	case key == "":
		return fmt.Errorf("%w: it is empty", ErrKey)
	case len(key) > maxKey:
		return fmt.Errorf("%w: %d bytes long, at most %d are allowed", ErrKey, len(key), maxKey)
	case !utf8.ValidString(key):
		return fmt.Errorf("%w: %q is not UTF-8", ErrKey, key)
	}
	for i := range len(key) {
		if key[i] == 0 {
			return fmt.Errorf("%w: %q contains a NUL", ErrKey, key)
		}
	}
	return nil
}

// RejectsSuffix is the end of the name of a table's quarantine.
const RejectsSuffix = "_rejected"

// Others are the batches of a table that a batch must agree with. An import stores a
// file whole or in parts: two imports of the file at the same moment would store it
// twice unless each looks for what the other stores.
type Others struct {
	// Prefix is what the keys of the others begin with.
	Prefix string
	// Check returns an error if the batch must not be stored. It gets the keys of
	// the table that begin with Prefix, but for the batch's own, in any order.
	// Batches that have such an Others with the same Prefix are stored one after
	// the other, so each sees all that were stored before. Check runs while the
	// table is locked and must not use the database. It is not called if the key of
	// the batch is stored already, unless the batch has Replace.
	Check func(keys []string) error
}

// Fork returns rows for one goroutine of several that read them, for use by a
// Backend. Rows that are not all in memory have a method Fork, which returns the same
// rows with memory of their own for what is read; others are returned as they are.
func Fork(rows Rows) Rows {
	switch r := rows.(type) {
	case keyedRows:
		r.Rows = Fork(r.Rows)
		return r
	case interface{ Fork() Rows }:
		return r.Fork()
	}
	return rows
}
