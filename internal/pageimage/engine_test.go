package pageimage

import (
	"testing"
	"time"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/schema"
)

// openFile opens a database file in WAL mode, closed and checked at the end.
func openFile(t testing.TB, path string) *sqlite3.Conn {
	t.Helper()
	c, err := sqlite3.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if got := query(t, c, `PRAGMA main.integrity_check(10)`); len(got) != 1 || got[0] != "ok" {
			t.Errorf("integrity_check of the file: %q", got)
		}
		if err := c.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	exec(t, c, `PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL`)
	if got := query(t, c, `PRAGMA journal_mode`); got[0] != "wal" {
		t.Fatalf("journal_mode = %q", got)
	}
	return c
}

// attach gives the connection a new slot under a name.
func attach(t testing.TB, c *sqlite3.Conn, name string) *Slot {
	t.Helper()
	s := NewSlot()
	t.Cleanup(s.Close)
	exec(t, c, `ATTACH '`+s.URI()+`' AS `+name)
	return s
}

// tester is what testing.TB and rapid.T have in common.
type tester interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

func exec(t tester, c *sqlite3.Conn, sql string) {
	t.Helper()
	if err := c.Exec(sql); err != nil {
		t.Fatalf("%.200s: %v", sql, err)
	}
}

func prepare(t tester, c *sqlite3.Conn, sql string) *sqlite3.Stmt {
	t.Helper()
	s, _, err := c.Prepare(sql)
	if err != nil {
		t.Fatalf("%.200s: %v", sql, err)
	}
	return s
}

// query returns the first column of all rows.
func query(t tester, c *sqlite3.Conn, sql string) []string {
	t.Helper()
	s := prepare(t, c, sql)
	defer s.Close()
	var rows []string
	for s.Step() {
		rows = append(rows, s.ColumnText(0))
	}
	if err := s.Err(); err != nil {
		t.Fatalf("%.200s: %v", sql, err)
	}
	return rows
}

// binding writes a row as the parameters of a statement, with no knowledge of
// records: the reference that images are held against.
type binding struct {
	stmt *sqlite3.Stmt
	err  error
}

func (b *binding) keep(err error) {
	if b.err == nil {
		b.err = err
	}
}

func (b *binding) Null(i int)               { b.keep(b.stmt.BindNull(i + 1)) }
func (b *binding) Bool(i int, v bool)       { b.keep(b.stmt.BindBool(i+1, v)) }
func (b *binding) Int64(i int, v int64)     { b.keep(b.stmt.BindInt64(i+1, v)) }
func (b *binding) Float64(i int, v float64) { b.keep(b.stmt.BindFloat(i+1, v)) }
func (b *binding) Text(i int, v string)     { b.keep(b.stmt.BindText(i+1, v)) }
func (b *binding) Blob(i int, v []byte)     { b.keep(b.stmt.BindBlob(i+1, v)) }

// Time is of default columns only: microseconds.
func (b *binding) Time(i int, v time.Time) { b.keep(b.stmt.BindInt64(i+1, v.UnixMicro())) }

var _ schema.Writer = (*binding)(nil)
