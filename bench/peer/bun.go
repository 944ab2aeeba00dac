package peer

import (
	"context"
	"database/sql"
	"reflect"
	"sync"

	"github.com/galley-db/galley/bench/row"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
)

// bunPeer is bun over mattn's driver.
type bunPeer struct{}

// bunChunk is the number of rows of an INSERT; bun writes values into the
// statement's text.
const bunChunk = 100

func (bunPeer) Name() string                { return "bun" }
func (bunPeer) About() string               { return "uptrace/bun NewInsert, 100 rows a statement, over mattn" }
func (bunPeer) Check(context.Context) error { return nil }

func (bunPeer) Open(ctx context.Context, f File) (Conn, error) {
	base, err := openSQL(ctx, "sqlite3", f)
	if err != nil {
		return nil, err
	}
	return &bunConn{db: bun.NewDB(base, sqlitedialect.New())}, nil
}

type bunConn struct {
	mu sync.Mutex
	db *bun.DB
}

func (c *bunConn) Append(ctx context.Context, b row.Batch) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.db.RunInTx(ctx, &sql.TxOptions{}, func(ctx context.Context, tx bun.Tx) error {
		all := reflect.ValueOf(b.Slice())
		for from := 0; from < all.Len(); from += bunChunk {
			// bun wants a pointer to a slice.
			chunk := reflect.New(all.Type())
			chunk.Elem().Set(all.Slice(from, min(from+bunChunk, all.Len())))
			_, err := tx.NewInsert().Model(chunk.Interface()).ModelTableExpr(row.Table).Exec(ctx)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *bunConn) Close() error { return c.db.Close() }
