package peer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/galley-db/galley/bench/row"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// galleyPeer is galley with the default options, except for the page size and
// the durability that all peers get.
type galleyPeer struct {
	generated bool // the binders are those of galley gen
}

func (p galleyPeer) Name() string {
	if p.generated {
		return "galley-gen"
	}
	return "galley"
}

func (p galleyPeer) About() string {
	if p.generated {
		return "galley with generated binders"
	}
	return "galley, default options, Append or AppendOnce a batch"
}

func (galleyPeer) Check(context.Context) error { return nil }

func (p galleyPeer) Open(ctx context.Context, f File) (Conn, error) {
	switch f.Kind {
	case row.A:
		return openGalley(ctx, f, p, row.SampleBinder{})
	case row.AKeyed:
		return openGalley(ctx, f, p, row.KeyedSampleBinder{})
	case row.AIndexed:
		return openGalley(ctx, f, p, row.IndexedSampleBinder{})
	case row.B:
		return openGalley(ctx, f, p, row.WideBinder{})
	case row.C:
		return openGalley(ctx, f, p, row.TextsBinder{})
	case row.D:
		return openGalley(ctx, f, p, row.IntsBinder{})
	case row.Users:
		return openGalley(ctx, f, p, row.UserBinder{})
	default:
		return nil, fmt.Errorf("no table for rows of kind %d", f.Kind)
	}
}

func openGalley[T any](ctx context.Context, f File, p galleyPeer, generated schema.Binder[T]) (Conn, error) {
	opts := sqlite.Options{PageSize: f.Settings.PageSize}
	if f.Settings.Full {
		opts.Durability = sqlite.Full
	}
	db, err := sqlite.Open(ctx, f.Path, opts)
	if err != nil {
		return nil, err
	}
	to := table.Options[T]{Name: row.Table}
	if p.generated {
		to.Binder = generated
	}
	t, err := table.Open(ctx, db, to)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &galleyConn[T]{db, t}, nil
}

type galleyConn[T any] struct {
	db    *sqlite.DB
	table *table.Table[T]
}

func (c *galleyConn[T]) Append(ctx context.Context, b row.Batch) error {
	rows, err := sliceOf[T](b)
	if err != nil {
		return err
	}
	return c.table.Append(ctx, rows)
}

func (c *galleyConn[T]) AppendOnce(ctx context.Context, key string, b row.Batch) (bool, error) {
	rows, err := sliceOf[T](b)
	if err != nil {
		return false, err
	}
	return c.table.AppendOnce(ctx, key, rows)
}

func (c *galleyConn[T]) Scan(ctx context.Context) (t row.Tally, err error) {
	switch of := any(c.table).(type) {
	case *table.Table[row.Sample]:
		for s, err := range of.All(ctx) {
			if err != nil {
				return t, err
			}
			t = t.Add(s.Tally())
		}
	case *table.Table[row.User]:
		for u, err := range of.All(ctx) {
			if err != nil {
				return t, err
			}
			t = t.Add(u.Tally())
		}
	default:
		return t, errors.New("only tables of kind A and of users are read back")
	}
	return t, nil
}

func (c *galleyConn[T]) Held() time.Duration { return c.db.Stats().Hold }

func (c *galleyConn[T]) Close() error { return c.db.Close() }

// sliceOf is the batch's rows as []T.
func sliceOf[T any](b row.Batch) ([]T, error) {
	rows, ok := b.Slice().([]T)
	if !ok {
		return nil, fmt.Errorf("the file does not hold rows of %T", b.Slice())
	}
	return rows, nil
}
