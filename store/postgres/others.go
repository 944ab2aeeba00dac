package postgres

import (
	"context"

	"github.com/galley-db/galley/store"
)

// takeTurn has batches with Others of one prefix be stored one by one. It holds a lock
// until its transaction ends, so that the next sees what it has stored. A transaction
// that keeps the snapshot from before it waited would not, and the server refuses
// only a serializable one that does.
func (tx *transaction) takeTurn(ctx context.Context, b *store.Batch) error {
	if b.Others == nil {
		return nil
	}
	isolation, err := tx.row(ctx, "SHOW transaction_isolation")
	if err == nil && isolation[0] == "repeatable read" {
		_, err = tx.exec(ctx, "SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
	}
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
		"galley/"+tx.db.namespace+"/"+b.Schema.Name()+"/"+b.Others.Prefix)
	return err
}

// agrees compares a batch with the others that it must agree with. It locks them, so
// it waits for a transaction that removes one of them, and does not count on that one.
func (tx *transaction) agrees(ctx context.Context, b *store.Batch) error {
	if b.Others == nil {
		return nil
	}
	rows, err := tx.rows(ctx, "SELECT key FROM "+tx.db.quoted(ledgerTable)+` WHERE "table" = $1 AND starts_with(key, $2) AND key <> $3 FOR KEY SHARE`,
		b.Schema.Name(), b.Others.Prefix, b.Key)
	if err != nil {
		return err
	}
	keys := make([]string, len(rows))
	for i, r := range rows {
		keys[i] = r[0]
	}
	return b.Others.Check(keys)
}
