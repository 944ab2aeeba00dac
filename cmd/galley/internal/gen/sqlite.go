package gen

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/schema"
)

// ErrNoTable is returned when a file has no table of the name asked for, or
// several where none was named.
var ErrNoTable = errors.New("no such table")

// database is an SQLite file, open for reading.
type database struct {
	*sqlite3.Conn
	path string
}

// openSQLite opens a file, of galley or not. It writes nothing: an idle one is
// read without locks, as SQLite would leave a -wal and a -shm beside it.
func openSQLite(path string, idle bool) (*database, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	uri := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(abs)}
	if idle {
		uri.RawQuery = "immutable=1"
	}
	conn, err := sqlite3.OpenFlags(uri.String(), sqlite3.OPEN_READONLY|sqlite3.OPEN_URI)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return &database{conn, path}, nil
}

// each runs a query and calls f for each row of its result.
func (d *database) each(f func(*sqlite3.Stmt) error, query string, args ...string) error {
	st, _, err := d.Prepare(query)
	if err != nil {
		return fmt.Errorf("%s: %w", d.path, err)
	}
	defer st.Close()
	for i, arg := range args {
		if err := st.BindText(i+1, arg); err != nil {
			return err
		}
	}
	for st.Step() {
		if err := f(st); err != nil {
			return err
		}
	}
	if err := st.Err(); err != nil {
		return fmt.Errorf("%s: %w", d.path, err)
	}
	return nil
}

// texts is a query's first column.
func (d *database) texts(query string, args ...string) (list []string, err error) {
	err = d.each(func(st *sqlite3.Stmt) error {
		list = append(list, st.ColumnText(0))
		return nil
	}, query, args...)
	return list, err
}

// fromSQLite reads a table's columns out of a file: from galley_columns where
// it is galley's, otherwise from the types that the table declares and the
// values in it. Name "" is the file's only table.
func fromSQLite(path, name string) (Table, error) {
	before := idleState(path)
	t, err := readSQLite(path, name, before != "")
	if before != "" && idleState(path) != before {
		return readSQLite(path, name, false) // another process has started to write
	}
	return t, err
}

// idleState identifies the state of a file that no process seems to have open for
// writing. It returns "" if a process may. A file in WAL mode has a -wal beside it
// while it is open, another file a -journal while it is written to.
func idleState(path string) string {
	for _, suffix := range []string{"-wal", "-journal"} {
		if _, err := os.Stat(path + suffix); !errors.Is(err, fs.ErrNotExist) {
			return ""
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	return fmt.Sprint(info.Size(), info.ModTime().UnixNano())
}

func readSQLite(path, name string, idle bool) (t Table, err error) {
	d, err := openSQLite(path, idle)
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	names, err := d.texts(`SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')
		AND name NOT LIKE 'sqlite\_%' ESCAPE '\' AND name NOT LIKE 'galley\_%' ESCAPE '\' ORDER BY name`)
	if err != nil {
		return t, err
	}
	if name == "" {
		if len(names) != 1 {
			return t, fmt.Errorf("%s has %d tables (%s); name one with -table: %w", path, len(names), strings.Join(names, ", "), ErrNoTable)
		}
		name = names[0]
	}
	i := slices.IndexFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
	if i < 0 {
		return t, fmt.Errorf("%s has no table %s; it has %s: %w", path, strconv.Quote(name), strings.Join(names, ", "), ErrNoTable)
	}
	t = Table{Name: names[i], Source: filepath.Base(path)}
	described, err := d.described(&t)
	if err != nil || described {
		return t, err
	}
	return t, d.declared(&t)
}

// described reads the columns from galley_columns, and reports whether the table is
// there.
func (d *database) described(t *Table) (bool, error) {
	ledger, err := d.texts("SELECT name FROM sqlite_schema WHERE name = 'galley_columns'")
	if err != nil || ledger == nil {
		return false, err
	}
	err = d.each(func(st *sqlite3.Stmt) error {
		c, err := schema.ParseSpec(st.ColumnText(0), st.ColumnText(1))
		if err != nil {
			return fmt.Errorf("%s: galley_columns: %w", d.path, err)
		}
		t.Columns = append(t.Columns, Column{Column: c})
		return nil
	}, `SELECT name, spec FROM galley_columns WHERE "table" = ? ORDER BY position`, t.Name)
	return len(t.Columns) > 0, err
}
