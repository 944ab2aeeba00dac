package peer

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/duckdb/duckdb-go/v2"
	"github.com/galley-db/galley/bench/row"
)

// duckdbPeer is a reference of another kind: a column store, one process a
// file, with the interface that it has for bulk loads.
type duckdbPeer struct{}

func (duckdbPeer) Name() string { return "duckdb" }
func (duckdbPeer) About() string {
	return "reference: DuckDB's appender (duckdb/duckdb-go, cgo), flushed after each batch"
}
func (duckdbPeer) Check(context.Context) error { return nil }

func (duckdbPeer) Open(ctx context.Context, f File) (Conn, error) {
	connector, err := duckdb.NewConnector(f.Path, nil)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	if _, err := db.ExecContext(ctx, duckdbTable(f.Kind)); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	conn, err := connector.Connect(ctx)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	appender, err := duckdb.NewAppenderFromConn(conn, "", row.Table)
	if err != nil {
		return nil, errors.Join(err, conn.Close(), db.Close())
	}
	return &duckdbConn{db: db, conn: conn, appender: appender}, nil
}

func duckdbTable(k row.Kind) string {
	sqlType := map[row.Type]string{row.Text: "VARCHAR", row.Real: "DOUBLE", row.Int: "BIGINT"}
	var cols []string
	for _, c := range k.Columns() {
		cols = append(cols, c.Name+" "+sqlType[c.Type]+" NOT NULL")
	}
	return "CREATE TABLE IF NOT EXISTS " + row.Table + " (" + strings.Join(cols, ", ") + ")"
}

type duckdbConn struct {
	mu       sync.Mutex
	db       *sql.DB
	conn     driver.Conn
	appender *duckdb.Appender
	args     []any
	values   []driver.Value
}

func (c *duckdbConn) Append(_ context.Context, b row.Batch) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range b.Len() {
		c.args = b.Args(i, c.args[:0])
		c.values = c.values[:0]
		for _, v := range c.args {
			c.values = append(c.values, v)
		}
		if err := c.appender.AppendRow(c.values...); err != nil {
			return err
		}
	}
	return c.appender.Flush()
}

func (c *duckdbConn) Close() error {
	return errors.Join(c.appender.Close(), c.conn.Close(), c.db.Close())
}

// Verify opens the file again and asks DuckDB.
func (duckdbPeer) Verify(ctx context.Context, path string, k row.Kind) (t row.Tally, err error) {
	db, err := sql.Open("duckdb", path)
	if err != nil {
		return t, err
	}
	defer db.Close()
	query := fmt.Sprintf("SELECT count(*), CAST(coalesce(%s, 0) AS DOUBLE) FROM %s", k.Sum(), row.Table)
	err = db.QueryRowContext(ctx, query).Scan(&t.Rows, &t.Sum)
	return t, err
}
