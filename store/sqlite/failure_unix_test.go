//go:build unix

package sqlite

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/galley-db/galley/internal/faultvfs"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// systemErrors are what a system may answer to a write, and what galley calls it.
var systemErrors = []struct {
	errno   syscall.Errno
	kind    error
	refused bool // the system has written nothing
}{
	{syscall.ENOSPC, store.ErrDiskFull, true},
	{syscall.EDQUOT, store.ErrDiskFull, true},
	{syscall.EFBIG, store.ErrDiskFull, true},
	{syscall.EROFS, store.ErrReadOnly, true},
	{syscall.EACCES, store.ErrReadOnly, false},
	{syscall.ENAMETOOLONG, ErrPathTooLong, false},
	{syscall.EMFILE, store.ErrIO, false},
	{syscall.ESTALE, store.ErrIO, false},
	{syscall.EIO, store.ErrIO, false},
}

// failing is the system's error errno, of a call.
func failing(op string, errno syscall.Errno) error {
	return &fs.PathError{Op: op, Path: "test.db-wal", Err: errno}
}

// tries returns a retry that counts the attempts, and makes at most 50.
func tries(n *int) store.Retry {
	return func(ctx context.Context, op func(context.Context) error, retryable func(error) bool) error {
		for {
			*n++
			if err := op(ctx); err == nil || *n == 50 || !retryable(err) {
				return err
			}
		}
	}
}

// wantSystemError checks that err is of a kind and says which error of the
// system is behind it.
func wantSystemError(t *testing.T, err, kind error, errno syscall.Errno) {
	t.Helper()
	if !errors.Is(err, kind) || !errors.Is(err, errno) || !strings.Contains(err.Error(), errno.Error()) || !strings.Contains(err.Error(), "test.db-wal") {
		t.Errorf("%v: error is %v, want %v with the system's error and the file", errno, err, kind)
	}
}

// TestSystemRefusesWrites: an error of the system that comes before the frame
// which commits is returned at once, under its kind, and nothing is stored. Appends
// succeed when the system does.
func TestSystemRefusesWrites(t *testing.T) {
	path := tempPath(t)
	v, opts := newFaults(t)
	db := openTest(t, path, opts)
	s := ensured(t, db)
	for i, c := range systemErrors {
		b := &store.Batch{Schema: s, Rows: makePoints(10*i, 10), Key: c.errno.Error()}
		v.Arm(faultvfs.Fault{On: faultvfs.Write, Suffix: "-wal", Persistent: true, Err: failing("write", c.errno)})
		attempts := 0
		_, err := store.InsertRetry(t.Context(), db, b, tries(&attempts))
		v.Disarm()
		wantSystemError(t, err, c.kind, c.errno)
		if errors.Is(err, store.ErrCommitUnknown) || attempts != 1 || db.Retryable(err) {
			t.Errorf("%v: error is %v after %d attempts, want that nothing is stored after 1", c.errno, err, attempts)
		}
		res, err := store.InsertRetry(t.Context(), db, b, tries(&attempts))
		if err != nil || !res.Applied {
			t.Errorf("%v: afterwards, the batch is stored %v, error %v", c.errno, res.Applied, err)
		}
	}
	wantPoints(t, db, s, makePoints(0, 10*len(systemErrors)))
}

// TestSystemRefusesCommit: the write of the page of the frame that commits fails.
// Where the system refuses it, nothing is stored; otherwise the outcome is unknown,
// which one more attempt settles, or says once more.
func TestSystemRefusesCommit(t *testing.T) {
	path := tempPath(t)
	v, opts := newFaults(t)
	db := openTest(t, path, opts)
	s := ensured(t, db)
	for i, c := range systemErrors {
		for _, persistent := range []bool{false, true} {
			insert := func(key string, from int) (attempts int, err error) {
				b := &store.Batch{Schema: s, Rows: makePoints(from, 1), Key: key + c.errno.Error()}
				_, err = store.InsertRetry(t.Context(), db, b, tries(&attempts))
				return attempts, err
			}
			key, from := map[bool]string{false: "once ", true: "always "}[persistent], 10*i
			if persistent {
				from += 5
			}
			_, err := insert("open "+key, from)
			must(t, err)
			v.Arm(faultvfs.Fault{On: faultvfs.Write, Suffix: "-wal", Nth: 1 << 30}) // counts
			_, err = insert("count "+key, from+1)
			must(t, err)
			last := v.Matched()
			v.Arm(faultvfs.Fault{On: faultvfs.Write, Suffix: "-wal", Nth: last, Persistent: persistent, Err: failing("write", c.errno)})
			attempts, err := insert(key, from+2)
			if v.Disarm() == 0 {
				t.Fatal("no write has failed")
			}
			switch unknown := errors.Is(err, store.ErrCommitUnknown); {
			case c.refused:
				wantSystemError(t, err, c.kind, c.errno)
				if unknown || attempts != 1 {
					t.Errorf("%v: error is %v after %d attempts, want that nothing is stored after 1", c.errno, err, attempts)
				}
			case !persistent:
				if err != nil || attempts != 2 {
					t.Errorf("%v once: error is %v after %d attempts, want that 2 have stored it", c.errno, err, attempts)
				}
			default:
				wantSystemError(t, err, c.kind, c.errno)
				if !unknown || attempts != 2 {
					t.Errorf("%v: error is %v after %d attempts, want ErrCommitUnknown after 2", c.errno, err, attempts)
				}
			}
			_, err = insert(key, from+2)
			must(t, err)
		}
	}
	var want points
	for i := range systemErrors {
		want = append(append(want, makePoints(10*i, 3)...), makePoints(10*i+5, 3)...)
	}
	wantPoints(t, db, s, want)
}

// TestSystemSyncFails: a disk that does not sync is tried once more, and not for
// as long as the Retrier would.
func TestSystemSyncFails(t *testing.T) {
	path := tempPath(t)
	v, opts := newFaults(t)
	opts.Durability = Full
	db := openTest(t, path, opts)
	s := ensured(t, db)
	b := &store.Batch{Schema: s, Rows: makePoints(0, 10), Key: "k"}
	v.Arm(faultvfs.Fault{On: faultvfs.Sync, Suffix: "-wal", Persistent: true, Err: syscall.EIO}) // without a path, as fdatasync
	attempts := 0
	_, err := store.InsertRetry(t.Context(), db, b, tries(&attempts))
	v.Disarm()
	wantSystemError(t, err, store.ErrIO, syscall.EIO)
	if !errors.Is(err, store.ErrCommitUnknown) || attempts != 2 {
		t.Errorf("error is %v after %d attempts, want ErrCommitUnknown after 2", err, attempts)
	}
	_, err = store.Insert(t.Context(), db, b)
	must(t, err)
	wantPoints(t, db, s, makePoints(0, 10))
}

// TestSystemRefusesReads: a query, and Open, say which error of the system is
// behind theirs.
func TestSystemRefusesReads(t *testing.T) {
	path := tempPath(t)
	v, opts := newFaults(t)
	db := openTest(t, path, opts)
	s := ensured(t, db)
	_, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 10)})
	must(t, err)
	all := func() error {
		return db.Query(soon(t), store.Select{Schema: s}, func(schema.Reader) (bool, error) { return true, nil })
	}
	for _, c := range systemErrors[3:] {
		for _, op := range []faultvfs.Op{faultvfs.Open, faultvfs.Read, faultvfs.Access} {
			if op == faultvfs.Access && c.errno == syscall.EACCES {
				continue // the file does not exist
			}
			v.Arm(faultvfs.Fault{On: op, Persistent: true, Err: failing(op.String(), c.errno)})
			err := all()
			if v.Disarm() > 0 {
				wantSystemError(t, err, c.kind, c.errno)
			} else {
				must(t, err)
			}
			must(t, db.file.readers.retire()) // the next opens a connection
		}
	}
	must(t, db.Close())
	for _, c := range systemErrors[3:] {
		v.Arm(faultvfs.Fault{On: faultvfs.Read, Persistent: true, Err: failing("read", c.errno)})
		db, err := Open(soon(t), path, opts)
		v.Disarm()
		wantSystemError(t, err, c.kind, c.errno)
		if err == nil {
			must(t, db.Close())
		}
	}
}

// TestSystemFailsAfterCommit: the files cannot be looked at once the batch is
// committed. Whether the batch is in the file of this name is unknown.
func TestSystemFailsAfterCommit(t *testing.T) {
	path := tempPath(t)
	v, opts := newFaults(t)
	db := openTest(t, path, opts)
	s := ensured(t, db)
	own := db.file.guard.wal.wal
	folder, err := os.Open(t.TempDir()) // which cannot be read as a file
	must(t, err)
	defer folder.Close()
	v.Watch(faultvfs.Write, func(faultvfs.Op, string) { db.file.guard.wal.wal = folder })
	b := &store.Batch{Schema: s, Rows: makePoints(0, 10), Key: "k"}
	_, err = store.Insert(t.Context(), db, b)
	v.Watch(faultvfs.Write, nil)
	db.file.guard.wal.wal = own
	if !errors.Is(err, store.ErrCommitUnknown) || !errors.Is(err, syscall.EISDIR) {
		t.Errorf("error is %v, want ErrCommitUnknown with the system's", err)
	}
	wantPoints(t, db, s, makePoints(0, 10))
}
