package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/galley-db/galley/store"
)

// sift writes a batch with Sift of which the server has refused a row, by way of
// the stage: as one with Quarantine, whose refused rows are returned as a
// *SiftError. It stores the batch if the server refuses none of them any more.
func (db *DB) sift(ctx context.Context, b *store.Batch, r *rows) (store.Result, error) {
	staged := *b
	staged.Quarantine = true
	numbered, err := db.encode(&staged)
	if err != nil {
		return store.Result{}, err
	}
	defer numbered.release()
	numbered.unknown = r.unknown
	res, err := db.attempt(ctx, &staged, numbered)
	if errors.Is(err, store.ErrCommitUnknown) && res.Applied {
		r.unknown = append(r.unknown, attempt{numbered.mark, res})
	}
	var sift *store.SiftError
	if errors.As(err, &sift) {
		if namesErr := db.nameColumns(ctx, b, sift.Rows); namesErr != nil {
			err = errors.Join(err, namesErr)
		}
	}
	return res, err
}

// nameColumns gives rows that were refused the column of the constraint that they
// break, and their value there. It asks the server once for each constraint.
func (db *DB) nameColumns(ctx context.Context, b *store.Batch, rows []*store.RowError) error {
	known := map[string]string{}
	for _, row := range rows {
		var pg *pgconn.PgError
		if !errors.As(row.Err, &pg) {
			continue
		}
		name, asked := known[pg.ConstraintName]
		if !asked || pg.ColumnName != "" {
			var err error
			if name, err = db.columnOf(ctx, b.Schema, pg); err != nil {
				return err
			}
			known[pg.ConstraintName] = name
		}
		blame(row, b, name)
	}
	return nil
}
