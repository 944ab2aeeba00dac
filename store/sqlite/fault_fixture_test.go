package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	sqlite3 "github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"

	"github.com/galley-db/galley/internal/faultvfs"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// The fault tests: the store under faults. Their loops have a short form, of which
// some need GALLEY_LONG=1, and a long one that runs with GALLEY_LAB=1 (make lab).

// long reports that the long form is wanted.
var long = os.Getenv("GALLEY_LAB") != ""

// pick returns the count for the form that runs.
func pick(short, whole int) int {
	if long {
		return whole
	}
	return short
}

var labs atomic.Int64

// newFaults registers a faultvfs with galley's VFS on it, and returns it with
// the options that make Open use it.
func newFaults(t testing.TB) (*faultvfs.VFS, Options) {
	t.Helper()
	n := labs.Add(1)
	v := faultvfs.Register(fmt.Sprintf("lab%d", n))
	name := fmt.Sprintf("galleylab%d", n)
	vfs.Register(name, galleyVFS{below: v.Name()})
	t.Cleanup(func() {
		vfs.Unregister(name)
		v.Unregister()
		if n := v.OpenFiles(); n != 0 {
			t.Errorf("%d files are still open at the end", n)
		}
	})
	return v, Options{vfs: name, BusyWait: time.Millisecond, CacheKiB: 4000}
}

// soon is the context of what must not take long.
func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// batchSize is the stride between the n of one batch's rows and the next's.
const batchSize = 10_000

// ledger remembers what became of each batch: what the rows of its points must
// be in the file.
type ledger struct {
	want  map[string]map[int]fate // by table and batch
	count map[int]int             // rows of each batch that compare has found
}

// fate is what the caller of Insert learned about a batch.
type fate struct {
	rows    int
	stored  bool // acknowledged
	unknown bool // ErrCommitUnknown: stored or not, but whole
}

// note takes down what Insert returned.
func (l *ledger) note(table string, id, rows int, err error) {
	if l.want == nil {
		l.want = map[string]map[int]fate{}
	}
	if l.want[table] == nil {
		l.want[table] = map[int]fate{}
	}
	l.want[table][id] = fate{rows: rows, stored: err == nil, unknown: errors.Is(err, store.ErrCommitUnknown)}
}

// points returns the rows of a batch.
func batchPoints(id, rows int) points { return makePoints(id*batchSize, rows) }

// compare compares a file with the ledger through a plain connection, without
// galley. It returns the differences.
func (l *ledger) compare(path string) (wrong []string) {
	if _, err := os.Stat(path); err != nil {
		return append(wrong, err.Error())
	}
	c, err := sqlite3.Open(path)
	if err != nil {
		return append(wrong, err.Error())
	}
	defer c.Close()
	report := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if err := each(c, "PRAGMA integrity_check", func(s *sqlite3.Stmt) {
		if got := s.ColumnText(0); got != "ok" {
			report("integrity check: %s", got)
		}
	}); err != nil {
		report("integrity check: %v", err)
	}
	l.count = map[int]int{}
	for table, batches := range l.want {
		count := map[int]int{}
		values := map[int64]int{}
		err := each(c, "SELECT n, x FROM "+schema.SQLite().Quote(table), func(s *sqlite3.Stmt) {
			n := s.ColumnInt64(0)
			values[n]++
			count[int(n/batchSize)]++
			if s.ColumnFloat(1) != float64(n)/4 {
				report("%s: row %d has the value %v", table, n, s.ColumnFloat(1))
			}
		})
		if err != nil {
			report("%s: %v", table, err)
		}
		for n, times := range values {
			if times != 1 {
				report("%s: row %d is there %d times", table, n, times)
			}
		}
		for id, f := range batches {
			got := count[id]
			l.count[id] += got
			delete(count, id)
			switch {
			case got != 0 && got != f.rows:
				report("%s: batch %d has %d of its %d rows", table, id, got, f.rows)
			case f.stored && got == 0:
				report("%s: batch %d was acknowledged and is not there", table, id)
			case !f.stored && !f.unknown && got != 0:
				report("%s: batch %d was refused and is there", table, id)
			}
		}
		for id, n := range count {
			report("%s: %d rows of batch %d, which nobody stored", table, n, id)
		}
	}
	return wrong
}

// each runs a query on a plain connection.
func each(c *sqlite3.Conn, sql string, row func(*sqlite3.Stmt)) error {
	s, _, err := c.Prepare(sql)
	if err != nil {
		return err
	}
	defer s.Close()
	for s.Step() {
		row(s)
	}
	return s.Err()
}

// lockIsFree takes the write lock through a plain connection, as another
// process does, without waiting.
func lockIsFree(path string) error {
	c, err := sqlite3.OpenFlags("file:"+path+"?vfs=os", sqlite3.OPEN_READWRITE|sqlite3.OPEN_URI)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.Exec("PRAGMA busy_timeout=0; PRAGMA wal_autocheckpoint=0; BEGIN IMMEDIATE"); err != nil {
		return err
	}
	return c.Exec("ROLLBACK")
}

// reopened opens a database again by the operating system's VFS, as the next
// process does, appends to it, and closes it.
func reopened(path string, s *schema.Schema, id int) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	db, err := Open(ctx, path, Options{CacheKiB: 4000})
	if err != nil {
		return fmt.Errorf("open again: %w", err)
	}
	_, err = store.Insert(ctx, db, &store.Batch{Schema: s, Rows: batchPoints(id, 2)})
	return errors.Join(err, db.Close())
}

// folder returns the path of a database in a new folder, which is removed at
// once when the loop's round is over.
func folder(t testing.TB, dir string, n int) (path string, remove func()) {
	t.Helper()
	d := filepath.Join(dir, fmt.Sprint(n))
	if err := os.Mkdir(d, 0o700); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(d, "test.db"), func() { os.RemoveAll(d) }
}

// memoryDir is a folder on a file system in memory where there is one: the
// loops make thousands of files, whose bytes on a disk prove nothing more.
func memoryDir(t testing.TB) string {
	t.Helper()
	const shm = "/dev/shm"
	if info, err := os.Stat(shm); err != nil || !info.IsDir() {
		return t.TempDir()
	}
	dir, err := os.MkdirTemp(shm, "galley-lab-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// openForeign opens a plain connection, as another program does.
func openForeign(t testing.TB, path string) *sqlite3.Conn {
	t.Helper()
	c, err := sqlite3.Open(path)
	if err == nil {
		err = c.Exec("PRAGMA busy_timeout=0")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}
