package peer

import (
	"context"
	"sync"

	"github.com/galley-db/galley/bench/row"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// gormPeer is gorm over mattn's driver.
type gormPeer struct{}

// gormChunk is the second argument of CreateInBatches: 32,766 parameters are
// SQLite's limit, and more than about a hundred rows a statement gain nothing.
const gormChunk = 100

func (gormPeer) Name() string                { return "gorm" }
func (gormPeer) About() string               { return "gorm.io/gorm CreateInBatches(100) over mattn" }
func (gormPeer) Check(context.Context) error { return nil }

func (gormPeer) Open(ctx context.Context, f File) (Conn, error) {
	base, err := openSQL(ctx, "sqlite3", f)
	if err != nil {
		return nil, err
	}
	db, err := gorm.Open(sqlite.New(sqlite.Config{Conn: base}), &gorm.Config{
		Logger:      logger.Default.LogMode(logger.Silent),
		PrepareStmt: true,
	})
	if err != nil {
		base.Close()
		return nil, err
	}
	return &gormConn{db: db, close: base.Close}, nil
}

type gormConn struct {
	mu    sync.Mutex
	db    *gorm.DB
	close func() error
}

func (c *gormConn) Append(ctx context.Context, b row.Batch) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	// CreateInBatches wraps its statements in one transaction.
	return c.db.WithContext(ctx).Table(row.Table).CreateInBatches(b.Slice(), gormChunk).Error
}

func (c *gormConn) Close() error { return c.close() }
