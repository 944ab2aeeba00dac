package peer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/galley-db/galley/bench/row"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// galleyPeer is galley with the options that a user gets, but for the page
// size and the durability that all peers are told.
type galleyPeer struct{}

func (galleyPeer) Name() string                { return "galley" }
func (galleyPeer) About() string               { return "galley, default options, Append or AppendOnce a batch" }
func (galleyPeer) Check(context.Context) error { return nil }

func (galleyPeer) Open(ctx context.Context, f File) (Conn, error) {
	switch f.Kind {
	case row.A:
		return openGalley[row.Sample](ctx, f)
	case row.AKeyed:
		return openGalley[row.KeyedSample](ctx, f)
	case row.AIndexed:
		return openGalley[row.IndexedSample](ctx, f)
	case row.B:
		return openGalley[row.Wide](ctx, f)
	case row.C:
		return openGalley[row.Texts](ctx, f)
	case row.D:
		return openGalley[row.Ints](ctx, f)
	default:
		return nil, fmt.Errorf("no table for rows of kind %d", f.Kind)
	}
}

func openGalley[T any](ctx context.Context, f File) (Conn, error) {
	opts := store.Options{PageSize: f.Settings.PageSize}
	if f.Settings.Full {
		opts.Durability = store.Full
	}
	db, err := store.Open(ctx, f.Path, opts)
	if err != nil {
		return nil, err
	}
	// A generated binder goes into table.Options.Binder, and makes a peer of
	// its own.
	t, err := table.Open(ctx, db, table.Options[T]{Name: row.Table})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &galleyConn[T]{db, t}, nil
}

type galleyConn[T any] struct {
	db    *store.DB
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
	samples, ok := any(c.table).(*table.Table[row.Sample])
	if !ok {
		return t, errors.New("only tables of kind A are read back")
	}
	for s, err := range samples.All(ctx) {
		if err != nil {
			return t, err
		}
		t = t.Add(s.Tally())
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
