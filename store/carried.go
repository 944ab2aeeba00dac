package store

import (
	"errors"
	"fmt"
)

// Carried is what a merge stores along with the rows of a Batch, in the same
// transaction: entries of the ledger and of the quarantine of another database.
type Carried struct {
	// Batches are stored in the ledger, for the table of the Batch, with their
	// Rows and At. If one of their keys is stored already, the Batch fails with
	// ErrKeyStored.
	Batches []StoredBatch
	// Rejected are stored in the table's quarantine, with their Key and At.
	Rejected []RejectedRow
}

// ErrKeyStored is returned for a Batch with Carried if a key of Carried.Batches
// is stored already. Nothing of the Batch is stored.
var ErrKeyStored = errors.New("a batch is stored under this key")

// KeyStored is the error that wraps ErrKeyStored and names the key.
func KeyStored(table, key string) error {
	return fmt.Errorf("table %q, key %q: %w", table, key, ErrKeyStored)
}

// Empty reports whether there is nothing to store, not even a key.
func (b *Batch) Empty() bool {
	return b.Rows.Len() == 0 && b.Key == "" && b.Carried == nil
}

// checkCarried returns ErrOptions or ErrKey for a Carried that cannot be stored.
func (b *Batch) checkCarried() error {
	if b.Carried == nil {
		return nil
	}
	if b.Quarantine {
		return fmt.Errorf("%w: Carried and Quarantine cannot be combined", ErrOptions)
	}
	for _, c := range b.Carried.Batches {
		if err := CheckKey(c.Key); err != nil {
			return err
		}
		if c.Rows < 0 || c.At.IsZero() {
			return fmt.Errorf("%w: Carried has a batch %q with %d rows at %v; it needs a time", ErrOptions, c.Key, c.Rows, c.At)
		}
	}
	return nil
}
