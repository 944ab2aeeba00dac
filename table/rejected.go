package table

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Rejected is a row in quarantine (Options.Quarantine).
type Rejected struct {
	Key   *string         `db:"key"`   // of the batch that it came with, nil without one
	Row   json.RawMessage `db:"row"`   // an object of values by column
	Error string          `db:"error"` // why it could not be stored
	At    time.Time       `db:"at"`
}

// Rejected returns the rows in the table's quarantine, oldest first. Without a
// quarantine it returns no rows. Everything else is as in [View.All].
func (t *Table[T]) Rejected(ctx context.Context) iter.Seq2[Rejected, error] {
	return func(yield func(Rejected, error) bool) {
		name := t.Name() + store.RejectsSuffix
		there, err := t.exists(ctx, name)
		if err != nil {
			yield(Rejected{}, fmt.Errorf("quarantine of table %q: %w", t.Name(), err))
		}
		if !there {
			return
		}
		d := t.backend.Dialect()
		sql := "SELECT key, " + d.Quote("row") + ", error, at FROM " + store.TableSQL(t.backend, name) + " ORDER BY id"
		for row, err := range store.Query[Rejected](ctx, t.backend, sql) {
			if err != nil {
				err = fmt.Errorf("quarantine of table %q: %w", t.Name(), err)
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

// exists reports whether the database has a table of this name.
func (t *Table[T]) exists(ctx context.Context, name string) (there bool, err error) {
	if t.backend.Dialect() == schema.SQLite() {
		n, err := t.number(ctx, "SELECT count(*) AS n FROM sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE", name)
		return n > 0, err
	}
	n, err := t.number(ctx, "SELECT count(pg_catalog.to_regclass($1)) AS n", store.TableSQL(t.backend, name))
	return n > 0, err
}
