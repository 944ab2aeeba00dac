package sqlite

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	sqlite3 "github.com/ncruces/go-sqlite3"
)

// conn is one connection with every setting made and read back. It is used
// by one goroutine at a time.
type conn struct {
	*sqlite3.Conn
	mount   *mount
	foreign *foreign // of a file that galley did not create
	closed  bool
}

type role uint8

const (
	writing role = iota
	reading
	copying  // reads, and writes into a sink that it attaches
	creating // a new file, without its name yet
)

// openConn opens a connection to the file at the resolved path.
func openConn(ctx context.Context, path string, opts Options, as role) (c *conn, err error) {
	flags := sqlite3.OPEN_URI | sqlite3.OPEN_NOFOLLOW | sqlite3.OPEN_READWRITE
	if as == reading {
		flags = sqlite3.OPEN_URI | sqlite3.OPEN_NOFOLLOW | sqlite3.OPEN_READONLY
	}
	m := newMount(opts)
	defer func() {
		if err != nil {
			m.unmount()
		}
	}()
	defer caught(&err) // where there is no memory for an engine, it panics
	uri := m.uri(path)
	if as == copying {
		uri += "&mode=ro"
	}
	if opts.still {
		uri += "&immutable=1"
	}
	if opts.inMemory {
		uri, flags = path, sqlite3.OPEN_URI|sqlite3.OPEN_READWRITE|sqlite3.OPEN_CREATE
	}
	raw, err := sqlite3.OpenFlags(uri, flags)
	if err != nil {
		return nil, m.blame(err)
	}
	c = &conn{Conn: raw, mount: m, foreign: opts.foreign}
	if err := c.configure(ctx, opts, as); err != nil {
		err = m.blame(err)
		c.discard()
		return nil, err
	}
	return c, nil
}

// blame adds to an error of the engine the system's error behind it.
func (c *conn) blame(err error) error { return c.mount.blame(err) }

// engineFailed is the error of an engine that has panicked with p.
func engineFailed(p any) error { return fmt.Errorf("%w: %v", ErrEngine, p) }

// caught, deferred, turns a panic of the engine into an error. It must be used
// only where no code of the caller runs.
func caught(err *error) {
	if p := recover(); p != nil {
		*err = engineFailed(p)
	}
}

// Close closes the connection. It says what went wrong, and leaves the rest
// to discard.
func (c *conn) Close() error {
	err := c.Conn.Close()
	c.closed = err == nil
	return err
}

// discard closes the connection whatever state it is in: after a panic of
// the engine too, its files are closed and so its locks given up. A closed
// one is let be: its engine has no memory any more to look at.
//
// Nothing is written any more. An engine that has failed in COMMIT takes it up
// again when its statements are closed: it would write the frames again, on top
// of checksums that are ahead by then, and count them as written. What others
// commit behind them would be there until the next recovery of the WAL, which
// ends at the first wrong checksum.
func (c *conn) discard() {
	if c.closed {
		c.mount.unmount()
		return
	}
	c.closed = true
	c.mount.freeze()
	defer c.mount.unmount()
	attempt := func(step func()) {
		defer func() { _ = recover() }() // the engine may be past answering
		step()
	}
	attempt(func() {
		if !c.GetAutocommit() {
			_ = c.Exec("ROLLBACK")
		}
	})
	var open []*sqlite3.Stmt
	attempt(func() { open = slices.Collect(c.Stmts()) })
	for _, s := range open { // with one left, Close would refuse, and keep the engine's memory
		attempt(func() { _ = s.Close() })
	}
	attempt(func() { _ = c.Conn.Close() })
}

// text returns the first column of the first row of a query, "" without one.
func (c *conn) text(sql string, args ...string) (string, error) {
	s, _, err := c.Prepare(sql)
	if err != nil {
		return "", err
	}
	defer s.Close()
	for i, a := range args {
		if err := s.BindText(i+1, a); err != nil {
			return "", err
		}
	}
	var v string
	if s.Step() {
		v = s.ColumnText(0)
	}
	return v, s.Err()
}

// int64 returns the first column of the first row of a query, 0 without one.
func (c *conn) int64(sql string, args ...string) (int64, error) {
	v, err := c.text(sql, args...)
	if err != nil || v == "" {
		return 0, err
	}
	return strconv.ParseInt(v, 10, 64)
}

// run runs one statement.
func (c *conn) run(sql string, args ...any) error {
	s, _, err := c.Prepare(sql)
	if err != nil {
		return err
	}
	defer s.Close()
	for i, a := range args {
		if err := bindArg(s, i+1, a); err != nil {
			return err
		}
	}
	return s.Exec()
}

// minEngine is the first SQLite without the defect by which a checkpoint
// that races a writer of another process damages the file
// (https://sqlite.org/wal.html#walresetbug).
var minEngine = [3]int{3, 51, 3}

// engine is the version of SQLite, which is compiled into the program.
var engine atomic.Pointer[string]

func (c *conn) engineVersion() (string, error) {
	if v := engine.Load(); v != nil {
		return *v, nil
	}
	v, err := c.text("SELECT sqlite_version()")
	if err == nil {
		engine.Store(&v)
	}
	return v, err
}

// checkEngine returns ErrEngineVersion where the version, as "3.51.3", is
// below the floor.
func checkEngine(version string) error {
	var v [3]int
	for i, s := range strings.SplitN(version, ".", 3) {
		n, err := strconv.Atoi(s)
		if err != nil {
			return fmt.Errorf("%w: its version is %q", ErrEngineVersion, version)
		}
		v[i] = n
	}
	for i := range v {
		if v[i] != minEngine[i] {
			if v[i] < minEngine[i] {
				return fmt.Errorf("%w: %s, want 3.51.3 or later", ErrEngineVersion, version)
			}
			break
		}
	}
	return nil
}

// texts returns the first column of all rows of a query.
func (c *conn) texts(sql string) ([]string, error) {
	st, _, err := c.Prepare(sql)
	if err != nil {
		return nil, err
	}
	defer st.Close()
	var all []string
	for st.Step() {
		all = append(all, st.ColumnText(0))
	}
	return all, st.Err()
}
