package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/galley-db/galley/internal/quarantine"
	"github.com/galley-db/galley/store"
)

// carryKeys bounds the keys of one statement.
const carryKeys = 10_000

// carry writes what a batch carries from another database into the ledger and
// the quarantine. The keys go in their order, as by all hosts, so that two
// transactions do not wait for each other.
func (tx *transaction) carry(ctx context.Context, b *store.Batch, r *rows) error {
	if b.Carried == nil {
		return nil
	}
	sorted := slices.SortedFunc(slices.Values(b.Carried.Batches), func(a, b store.StoredBatch) int { return strings.Compare(a.Key, b.Key) })
	for part := range slices.Chunk(sorted, carryKeys) {
		keys, counts, times := make([]string, len(part)), make([]int64, len(part)), make([]*int64, len(part))
		for i, c := range part {
			at := c.At.UnixMicro()
			keys[i], counts[i], times[i] = c.Key, c.Rows, &at
		}
		stored, err := tx.enter(ctx, b.Schema, keys, counts, times)
		if err != nil {
			return err
		}
		for _, key := range keys {
			if stored[key] == "" {
				return store.KeyStored(b.Schema.Name(), key)
			}
		}
	}
	if len(b.Carried.Rejected) == 0 {
		return nil
	}
	sql, err := tx.rejectSQL(b)
	if err != nil {
		return err
	}
	sql = strings.Replace(sql, " (key,", " (at, key,", 1)
	for _, row := range b.Carried.Rejected {
		params := []string{row.Key, strings.ReplaceAll(row.Error, "\x00", "\uFFFD")}
		if tx.db.opts.DistributeBy != "" {
			place := row.Key // where Forget looks for it
			if place == "" {
				place = r.place
			}
			params = append(params, place)
		}
		params = append(params, quarantine.WithoutNUL(string(row.Row)), fmt.Sprint(row.At.UnixMicro()))
		_, err := tx.exec(ctx, sql+fmt.Sprintf(" SELECT %s, nullif($1, ''), $2%s, $%d::jsonb",
			timeOrNow(fmt.Sprintf("$%d::bigint", len(params))), tx.placeParam(), len(params)-1), params...)
		if err != nil {
			return err
		}
	}
	return nil
}
