package table

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/galley-db/galley/backoff"
	"github.com/galley-db/galley/store"
)

// Part is the rows of one table in a call of [Together]: see [Table.Part].
type Part struct {
	batch   store.Batch
	backend store.Backend
	retrier backoff.Retrier
}

// Part returns rows of the table for a call of [Together], which does not keep
// them. They must not change while it runs.
func (t *Table[T]) Part(rows []T) Part {
	return Part{store.Batch{Schema: t.core.schema, Rows: t.bound(rows), Quarantine: t.core.quarantine}, t.core.backend, t.core.retrier}
}

// Together is [Table.AppendOnce] for rows of several tables: the rows of all
// tables, and the key in the ledger of each, are stored in one transaction, or
// nothing is. After a crash of any kind all tables have their rows, or none has.
//
//	applied, err := table.Together(ctx, "sub-01/ses-02", scans.Part(scan), regions.Part(volumes), notes.Part(nil))
//
// If the key is stored for all of the tables already, Together does nothing and
// returns applied=false. If it is stored for some of them only, nothing is stored
// and the error is a *[store.PartlyStoredError]. [Table.Done], [Table.Forget] and
// [Table.Replace] work on the batch of each table, as after an AppendOnce.
//
// The rows are stored in the order of the parts, so rows may refer to those of an
// earlier part by a foreign key. A *[RowError] names the table, and the row's index
// in its part. Everything else is as in AppendOnce: the first table's Retrier
// decides about retries, and a commit with an unknown outcome is retried under the
// key. The tables must be of one backend, which must not be a spool
// ([store.ErrOneTable]), and must not have Options.Quarantine.
func Together(ctx context.Context, key string, parts ...Part) (applied bool, err error) {
	if len(parts) == 0 {
		return false, fmt.Errorf("%w: no tables are given", store.ErrOptions)
	}
	first := parts[0]
	batch := first.batch
	batch.Key = key
	var names []string
	for i := range parts {
		p := &parts[i]
		if p.backend == nil {
			return false, fmt.Errorf("%w: part %d is empty; use Table.Part", store.ErrOptions, i)
		}
		name := p.batch.Schema.Name()
		names = append(names, name)
		if !sameBackend(first.backend, p.backend) {
			return false, fmt.Errorf("tables %q and %q: %w: they were opened on two backends; open both on the same one", names[0], name, store.ErrOptions)
		}
		if p.batch.Quarantine {
			return false, fmt.Errorf("table %q: %w: a table with Options.Quarantine cannot be stored together with others; open it without", name, store.ErrOptions)
		}
		if i > 0 {
			other := p.batch
			other.Key = key
			batch.With = append(batch.With, &other)
		}
	}
	where := "write to tables " + strings.Join(names, ", ")
	if key == "" {
		return false, fmt.Errorf("%s: %w: it is empty; give a key that names the rows", where, store.ErrKey)
	}
	if err := notOfWriter(key); err != nil {
		return false, fmt.Errorf("%s: %w", where, err)
	}
	res, err := store.InsertRetry(ctx, first.backend, &batch, first.retrier.Do)
	if err != nil {
		return false, fmt.Errorf("%s: %w", where, err)
	}
	return res.Applied, nil
}

// sameBackend reports whether two tables are in one backend. A backend of a type
// that cannot be compared is never the same.
func sameBackend(a, b store.Backend) bool {
	return reflect.TypeOf(a).Comparable() && a == b
}
