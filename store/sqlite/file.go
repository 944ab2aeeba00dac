package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"sync/atomic"

	sqlite3 "github.com/ncruces/go-sqlite3"
	_ "github.com/ncruces/go-sqlite3/vfs/mvcc" // for OpenMemory

	"github.com/galley-db/galley/internal/fileid"
	"github.com/galley-db/galley/store"
)

// file is one database file, open in this process: the queue of its writers,
// the one connection that they take turns with, and the readers.
type file struct {
	path   string
	id     fileid.ID
	opts   Options
	memory bool

	queue   queue
	closed  bool    // belongs to the leader of the queue
	writer  *writer // belongs to the leader of the queue
	guard   guard
	readers readers
	tidy    bool // -wal and -shm were created for reading only, and go at the end

	cacheLimits cacheLimits

	background background
	plans      plans
	creating   atomic.Bool // the last Ensure has created a table
	stats      counters
}

// newFile opens the writer connection and makes the checks that need SQLite.
// The header was checked before.
func newFile(ctx context.Context, path string, head header, opts Options) (f *file, err error) {
	opts.Perm = head.perm // -wal and -shm must not be wider than the file itself
	f = &file{path: path, id: head.id, opts: opts, plans: plans{temp: opts.tempDir()}}
	as := writing
	if opts.ReadOnly {
		as = reading
		arrange := f.arrange
		if opts.foreign != nil {
			arrange = f.arrangeForeign
		}
		if err := arrange(); err != nil {
			return nil, err
		}
		opts = f.opts
	}
	c, err := openConn(ctx, path, opts, as)
	if err != nil {
		return nil, damaged(leftBehind(path, err))
	}
	defer func() {
		if err == nil {
			return
		}
		err = damaged(leftBehind(path, c.blame(err)))
		c.refuse()
	}()
	defer caught(&err)
	if err := f.examine(c, head); err != nil {
		return nil, err
	}
	if f.guard.still != nil {
		err = f.guard.check()
	} else {
		f.guard, err = f.watch()
	}
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			f.guard.close()
		}
	}()
	if opts.foreign != nil {
		// Its files stay as they are.
	} else if err := narrow(path, opts.Perm); err != nil && !opts.ReadOnly {
		return nil, err
	}
	f.readers.init(f)
	f.readers.watch(f.guard)
	if opts.closed { // nothing writes: the connection, which is half the cost of opening, answers queries
		f.writer = &writer{file: f}
		f.readers.idle = append(f.readers.idle, &reader{path: path, conn: c, stmts: map[string]*readStmt{}})
	} else {
		f.writer = newWriter(f, c)
	}
	f.background.file = f
	return f, nil
}

// damaged says of an error while opening that galley's own tables, or the
// file's format, are not what they should be.
func damaged(err error) error {
	if errors.Is(err, sqlite3.ERROR) {
		return fmt.Errorf("%w: %w", store.ErrNotGalley, err)
	}
	return err
}

// watch records the three files that a connection has just opened.
func (f *file) watch() (guard, error) {
	g, err := watch(f.path)
	if err == nil && g.files[0].id != f.id { // replaced since it was probed
		g.close()
		err = errVanishing
	}
	return g, err
}

// reopen gives the writer a connection instead of the one whose engine has
// failed. The old one may have been the last, and then has taken -wal and -shm
// with it.
func (f *file) reopen() error {
	if f.memory {
		return fmt.Errorf("%w, and with it the database in memory is lost", ErrEngine)
	}
	f.background.retire() // which looks at the guard
	opts := f.opts
	opts.CacheKiB = f.cacheKiB()
	c, err := openConn(context.Background(), f.path, opts, writing)
	if err != nil {
		return err
	}
	err = f.ensureWAL(c)
	var g guard
	if err == nil {
		g, err = f.watch()
	}
	if err != nil {
		err = c.blame(err)
		c.refuse()
		return err
	}
	old := f.guard
	f.guard = g
	f.readers.watch(g)
	old.close()
	f.writer.use(c)
	return nil
}

// ensureWAL makes sure that the file is in WAL mode. A Clear that ended half
// way has left it in rollback mode, which is taken back.
func (f *file) ensureWAL(c *conn) error {
	mode, err := c.text("PRAGMA journal_mode")
	if err == nil && mode == "delete" && !f.opts.ReadOnly {
		if info, err := fileid.Stat(f.path); err != nil || info.ID != f.id {
			return errVanishing // a Clear that has ended well
		}
		mode, err = c.journal("WAL", f.opts)
		if err == nil {
			_, err = c.text("PRAGMA user_version") // opens the -wal
		}
	}
	if err == nil && mode != "wal" {
		err = fmt.Errorf("%w: journal_mode is %q; copy the file to a local disk, or open it once for writing", ErrNoWAL, mode)
	}
	return err
}

// refuse closes the connection to a file that turned out not to be what it
// should. Nothing of a -wal that may be another database's gets into the file,
// as it would when the last connection closes
// (https://sqlite.org/c3ref/c_dbconfig_defensive.html#sqlitedbconfignockptonclose).
func (c *conn) refuse() {
	defer c.discard()
	defer func() { _ = recover() }() // its engine may have failed
	_, _ = c.Config(sqlite3.DBCONFIG_NO_CKPT_ON_CLOSE, true)
}

// examine reads through SQLite, and so through the WAL, what the file is.
func (f *file) examine(c *conn, head header) error {
	engine, err := c.engineVersion()
	if err != nil {
		return err
	}
	if err := checkEngine(engine); err != nil {
		return err
	}
	if f.opts.foreign != nil {
		return examineForeign(c)
	}
	if f.guard.still == nil {
		if err := f.ensureWAL(c); err != nil {
			return err
		}
	}
	if readOnly, _ := c.ReadOnly("main"); readOnly && !f.opts.ReadOnly {
		return fmt.Errorf("%w: %s", store.ErrReadOnly, unwritable(f.path))
	}
	app, err := c.int64("PRAGMA application_id")
	if err != nil {
		return err
	}
	if app != applicationID {
		return foreignWAL(f.path)
	}
	lines, err := c.texts("SELECT name || '=' || value FROM galley_meta WHERE name IN ('format', 'id')")
	if err != nil {
		return err
	}
	meta := map[string]string{}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, "=")
		meta[name] = value
	}
	// The id in the file is the one that the file and its -wal have together.
	// user_version says nothing of it: it belongs to every program that uses the file.
	if head.database != "" && meta["id"] != head.database {
		return foreignWAL(f.path)
	}
	format := meta["format"]
	if n, err := strconv.Atoi(format); err != nil || n < 1 || n > formatVersion {
		return fmt.Errorf("%w: the file has format %q, and this galley supports 1 to %d; use a newer galley", store.ErrNotGalley, format, formatVersion)
	}
	return nil
}

func foreignWAL(path string) error {
	return fmt.Errorf("%w: %s-wal belongs to another database. Both may hold rows: keep both files, "+
		"and put the -wal back beside the database that it was written for", store.ErrNotGalley, path)
}

// narrow takes from the -wal and -shm the permissions that the file has not:
// another program may have created them.
func narrow(path string, perm fs.FileMode) error {
	for _, suffix := range []string{"-wal", "-shm"} {
		info, err := fileid.Stat(path + suffix)
		if err != nil {
			return replaced(path+suffix, err)
		}
		if info.Perm&^perm != 0 {
			if err := os.Chmod(path+suffix, info.Perm&perm); err != nil {
				return err
			}
		}
	}
	return nil
}

var memoryCount atomic.Uint64

// newMemory opens a database of its own in memory.
func newMemory(ctx context.Context, opts Options) (*file, error) {
	name := fmt.Sprintf("file:/galley-%d?vfs=mvcc", memoryCount.Add(1))
	f := &file{path: name, opts: opts, memory: true, plans: plans{temp: opts.tempDir()}}
	c, err := openConn(ctx, name, opts, writing)
	if err != nil {
		return nil, err
	}
	if err := c.initialize(opts); err != nil {
		c.discard()
		return nil, err
	}
	f.writer = newWriter(f, c)
	f.readers.init(f)
	f.background.file = f
	return f, nil
}

// close ends the file's use in this process: after the requests in the
// queue, and with the readers' connections first, so that the writer is the
// last to go and moves the WAL into the file.
func (f *file) close() error {
	r := &request{exclusive: func(w *writer) error {
		f.queue.close()
		f.closed = true
		f.readers.close()
		f.background.close()
		defer f.guard.close()
		err := w.close()
		f.leaveNothing()
		return err
	}}
	return f.queue.run(context.Background(), r, f.lead)
}
