package peer

import (
	"context"
	"fmt"
	"sync"

	"github.com/galley-db/galley/bench/row"
	"github.com/ncruces/go-sqlite3"
)

// ncrucesPeer is galley's engine, used directly.
type ncrucesPeer struct{}

func (ncrucesPeer) Name() string { return "ncruces" }
func (ncrucesPeer) About() string {
	return "ncruces/go-sqlite3, galley's engine, prepared, row by row, a transaction a batch"
}
func (ncrucesPeer) Check(context.Context) error { return nil }

func (ncrucesPeer) Open(_ context.Context, f File) (Conn, error) {
	db, err := sqlite3.Open(f.Path)
	if err != nil {
		return nil, err
	}
	c := &ncrucesConn{db: db, kind: f.Kind}
	for _, stmt := range f.setup() {
		if err := db.Exec(stmt); err != nil {
			c.Close()
			return nil, fmt.Errorf("%s: %w", stmt, err)
		}
	}
	if c.bind.stmt, _, err = db.Prepare(f.Kind.Insert()); err == nil {
		c.key, _, err = db.Prepare(insertKey)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

type ncrucesConn struct {
	mu   sync.Mutex
	db   *sqlite3.Conn
	kind row.Kind
	key  *sqlite3.Stmt
	bind ncrucesBinder
}

func (c *ncrucesConn) Append(_ context.Context, b row.Batch) error {
	_, err := c.write("", b)
	return err
}

func (c *ncrucesConn) AppendOnce(_ context.Context, key string, b row.Batch) (bool, error) {
	return c.write(key, b)
}

func (c *ncrucesConn) write(key string, b row.Batch) (applied bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	tx, err := c.db.BeginImmediate()
	if err != nil {
		return false, err
	}
	defer tx.End(&err)
	if key != "" {
		if err := c.key.BindText(1, key); err != nil {
			return false, err
		}
		if err := c.key.BindInt(2, b.Len()); err != nil {
			return false, err
		}
		if err := c.key.Exec(); err != nil || c.db.Changes() == 0 {
			return false, err
		}
	}
	for i := range b.Len() {
		if err := b.Bind(i, &c.bind); err != nil {
			return false, err
		}
		if err := c.bind.stmt.Exec(); err != nil {
			return false, err
		}
	}
	return true, nil
}

func (c *ncrucesConn) Scan(context.Context) (t row.Tally, err error) {
	stmt, _, err := c.db.Prepare(c.kind.Select())
	if err != nil {
		return t, err
	}
	defer stmt.Close()
	for stmt.Step() {
		if c.kind == row.Users {
			u := row.UserOf(stmt.ColumnInt64(0), stmt.ColumnInt64(1), stmt.ColumnText(2), stmt.ColumnInt64(3))
			t = t.Add(u.Tally())
			continue
		}
		s := row.Sample{
			Subject:   stmt.ColumnText(0),
			Session:   stmt.ColumnText(1),
			Region:    stmt.ColumnText(2),
			UID:       stmt.ColumnText(3),
			Volume:    stmt.ColumnFloat(4),
			Area:      stmt.ColumnFloat(5),
			Thickness: stmt.ColumnFloat(6),
			Curvature: stmt.ColumnFloat(7),
			Voxels:    stmt.ColumnInt64(8),
			Vertices:  stmt.ColumnInt64(9),
		}
		t = t.Add(s.Tally())
	}
	return t, stmt.Err()
}

func (c *ncrucesConn) Close() error {
	// Close of a nil statement does nothing.
	c.key.Close()
	c.bind.stmt.Close()
	return c.db.Close()
}

// ncrucesBinder counts parameters from 1 and keeps the first error.
type ncrucesBinder struct {
	stmt *sqlite3.Stmt
	err  error
}

func (b *ncrucesBinder) keep(err error) {
	if err != nil && b.err == nil {
		b.err = err
	}
}

func (b *ncrucesBinder) Text(i int, v string)  { b.keep(b.stmt.BindText(i+1, v)) }
func (b *ncrucesBinder) Real(i int, v float64) { b.keep(b.stmt.BindFloat(i+1, v)) }
func (b *ncrucesBinder) Int(i int, v int64)    { b.keep(b.stmt.BindInt64(i+1, v)) }

func (b *ncrucesBinder) Err() error {
	err := b.err
	b.err = nil
	return err
}
