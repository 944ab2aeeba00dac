package sqlite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	sqlite3 "github.com/ncruces/go-sqlite3"
)

// conn is one connection with every setting made and read back. It is used
// by one goroutine at a time.
type conn struct {
	*sqlite3.Conn
	mount  *mount
	closed bool
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
	c = &conn{Conn: raw, mount: m}
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

// journal leaves WAL mode, or goes back to it, and returns the mode that came
// of it. That changes the file by way of a rollback journal, and so is done
// under FULL: under NORMAL the journal may say that it has a page before the
// page is on the disk, and what a power loss leaves there goes into the file
// (https://sqlite.org/pragma.html#pragma_synchronous). A WAL has no such moment.
func (c *conn) journal(mode string, o Options) (got string, err error) {
	if err := c.Exec("PRAGMA synchronous=" + synchronous(Full)); err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, c.Exec("PRAGMA synchronous="+synchronous(o.Durability))) }()
	return c.text("PRAGMA journal_mode=" + mode)
}

// synchronous is SQLite's number for d.
func synchronous(d Durability) string { return map[Durability]string{Normal: "1", Full: "2"}[d] }

// setting is a PRAGMA with the value that it must have afterwards.
type setting struct{ name, value string }

// sortKiB is the most that a reader's cache may have. SQLite sorts in pieces as
// large as the cache (or 250 pages), and does not look up while it sorts one: a
// query whose context ends in the middle of a long sort waits for that. With 8
// MB it was a quarter of a second; it was slower, too.
const sortKiB = 4000

// settings are those of every connection, by role. foreign_keys, checkpoint
// and size limit belong to a connection, not to the file: what is set on one
// is missing on the next.
func settings(o Options, as role) []setting {
	cache := o.CacheKiB
	if as == reading || as == copying {
		cache = min(max(cache/8, 2000), sortKiB)
	}
	set := []setting{
		{"busy_timeout", strconv.FormatInt(o.BusyWait.Milliseconds(), 10)},
		{"synchronous", synchronous(o.Durability)},
		{"cache_size", strconv.Itoa(-cache)},
		{"foreign_keys", "1"},
		{"trusted_schema", "0"},
		{"wal_autocheckpoint", "0"},
		{"journal_size_limit", strconv.FormatInt(o.WALBytes, 10)},
	}
	if as == reading {
		set = append(set, setting{"query_only", "1"})
	}
	return set
}

// configure makes the settings and reads each of them back: SQLite ignores a
// PRAGMA that is unknown or that it cannot apply
// (https://sqlite.org/pragma.html).
func (c *conn) configure(ctx context.Context, o Options, as role) error {
	old := c.SetInterrupt(ctx)
	defer c.SetInterrupt(old)
	if as == creating {
		return nil
	}
	for _, s := range settings(o, as) {
		if err := c.Exec("PRAGMA " + s.name + "=" + s.value); err != nil {
			return err
		}
		got, err := c.text("PRAGMA " + s.name)
		if err != nil {
			return err
		}
		if got != s.value {
			return fmt.Errorf("PRAGMA %s is %s after it was set to %s", s.name, got, s.value)
		}
	}
	return nil
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

// busy reports whether another connection holds a lock. It depends on SQLite's
// result code only (https://sqlite.org/rescode.html#busy).
func busy(err error) bool {
	return errors.Is(err, sqlite3.BUSY) || errors.Is(err, sqlite3.LOCKED)
}
