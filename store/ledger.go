package store

import (
	"context"
	"encoding/json"
	"time"
)

// StoredBatch is a batch in a Backend's ledger: one that was stored with a key.
type StoredBatch struct {
	Table string
	Key   string
	Rows  int64     // stored in the table, without those in quarantine
	At    time.Time // when it was stored, UTC, to the microsecond
}

// BatchFilter selects batches of the ledger by all of its fields that are set.
// The zero value selects all batches whose keys callers gave.
type BatchFilter struct {
	Table  string
	Key    string
	Prefix string // of the key
	// Keys, unless empty, selects the batches with one of these keys, at most
	// some thousands.
	Keys []string
	// Internal also selects the batches that galley named itself, in a copy or
	// a spool. Key, Keys or Prefix selects them without it.
	Internal bool
}

// RejectedRow is a row in quarantine (Batch.Quarantine).
type RejectedRow struct {
	Key   string          // of the batch that it came with, "" without one
	Row   json.RawMessage // an object of values by column
	Error string          // why it could not be stored
	At    time.Time       // when it was quarantined, UTC
}

// RejectedFilter selects rows in quarantine.
type RejectedFilter struct {
	Table string
	Key   string // unless empty, only the rows of this batch
	// KeysOnly leaves Row and Error empty, for a caller that counts.
	KeysOnly bool
}

// FindBatch returns the batch of a key, or ErrNoBatch.
func FindBatch(ctx context.Context, b Backend, table, key string) (StoredBatch, error) {
	if err := CheckKey(key); err != nil {
		return StoredBatch{}, err
	}
	for batch, err := range b.Batches(ctx, BatchFilter{Table: table, Key: key}) {
		return batch, err
	}
	return StoredBatch{}, ErrNoBatch
}

// CountRejected returns the number of rows in quarantine.
func CountRejected(ctx context.Context, b Backend, f RejectedFilter) (n int64, err error) {
	f.KeysOnly = true
	for _, err := range b.Rejected(ctx, f) {
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}
