package peer

import (
	"context"
	"fmt"
	"sync"

	"github.com/galley-db/galley/bench/row"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// zombiezenPeer is the direct interface to modernc's translation.
type zombiezenPeer struct{}

func (zombiezenPeer) Name() string { return "zombiezen" }
func (zombiezenPeer) About() string {
	return "zombiezen.com/go/sqlite, prepared, row by row, a transaction a batch"
}
func (zombiezenPeer) Check(context.Context) error { return nil }

func (zombiezenPeer) Open(_ context.Context, f File) (Conn, error) {
	db, err := sqlite.OpenConn(f.Path, sqlite.OpenReadWrite, sqlite.OpenCreate)
	if err != nil {
		return nil, err
	}
	c := &zombiezenConn{db: db, kind: f.Kind}
	for _, stmt := range f.setup() {
		if err := sqlitex.ExecuteTransient(db, stmt, nil); err != nil {
			db.Close()
			return nil, fmt.Errorf("%s: %w", stmt, err)
		}
	}
	if c.bind.stmt, err = db.Prepare(f.Kind.Insert()); err != nil {
		db.Close()
		return nil, err
	}
	return c, nil
}

type zombiezenConn struct {
	mu   sync.Mutex
	db   *sqlite.Conn
	kind row.Kind
	bind zombiezenBinder
}

func (c *zombiezenConn) Append(_ context.Context, b row.Batch) (err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	end, err := sqlitex.ImmediateTransaction(c.db)
	if err != nil {
		return err
	}
	defer end(&err)
	for i := range b.Len() {
		if err := b.Bind(i, &c.bind); err != nil {
			return err
		}
		if _, err := c.bind.stmt.Step(); err != nil {
			return err
		}
		if err := c.bind.stmt.Reset(); err != nil {
			return err
		}
	}
	return nil
}

func (c *zombiezenConn) Scan(context.Context) (t row.Tally, err error) {
	stmt, err := c.db.Prepare(c.kind.Select())
	if err != nil {
		return t, err
	}
	defer stmt.Reset()
	for {
		more, err := stmt.Step()
		if err != nil || !more {
			return t, err
		}
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
}

func (c *zombiezenConn) Close() error { return c.db.Close() }

// zombiezenBinder counts parameters from 1; the package keeps bind errors for
// Step.
type zombiezenBinder struct{ stmt *sqlite.Stmt }

func (b *zombiezenBinder) Text(i int, v string)  { b.stmt.BindText(i+1, v) }
func (b *zombiezenBinder) Real(i int, v float64) { b.stmt.BindFloat(i+1, v) }
func (b *zombiezenBinder) Int(i int, v int64)    { b.stmt.BindInt64(i+1, v) }
func (b *zombiezenBinder) Err() error            { return nil }
