package sqlite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	sqlite3 "github.com/ncruces/go-sqlite3"
	"golang.org/x/sys/unix"

	"github.com/galley-db/galley/store"
)

// bindMount gives a file a second name, as docker -v FILE:FILE does.
func bindMount(t *testing.T, file string) (name string) {
	t.Helper()
	name = filepath.Join(t.TempDir(), filepath.Base(file))
	must(t, os.WriteFile(name, nil, 0o600))
	if err := unix.Mount(file, name, "", unix.MS_BIND, ""); err != nil {
		t.Skipf("no bind mount: %v; run as root on a system that allows mounts", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(name, unix.MNT_DETACH) })
	return name
}

// TestBindMount: a database that is a mount point by itself is refused, for
// reading too; its folder may be mounted as often as wanted.
func TestBindMount(t *testing.T) {
	path := tempPath(t)
	must(t, openTest(t, path, Options{}).Close())
	name := bindMount(t, path)
	for _, opts := range []Options{{}, {ReadOnly: true}} {
		db, err := Open(t.Context(), name, opts)
		if !errors.Is(err, ErrHardLink) {
			t.Errorf("ReadOnly %v: error is %v, want ErrHardLink", opts.ReadOnly, err)
		}
		if err == nil {
			db.Close()
		}
	}
	folder := t.TempDir()
	must(t, unix.Mount(filepath.Dir(path), folder, "", unix.MS_BIND, ""))
	t.Cleanup(func() { _ = unix.Unmount(folder, unix.MNT_DETACH) })
	db, err := Open(t.Context(), filepath.Join(folder, filepath.Base(path)), Options{})
	must(t, err)
	s := ensured(t, db)
	insert(t, db, s, 0, 10)
	wantPoints(t, openTest(t, path, Options{}), s, makePoints(0, 10))
	must(t, db.Close())
}

// TestBindMountWhileOpen: a database, -wal or -shm that becomes a mount point
// while open is noticed, although device and inode stay the same.
func TestBindMountWhileOpen(t *testing.T) {
	for _, suffix := range []string{"", "-wal", "-shm"} {
		path := tempPath(t)
		db := openTest(t, path, Options{})
		s := ensured(t, db)
		insert(t, db, s, 0, 10)
		if err := unix.Mount(path+suffix, path+suffix, "", unix.MS_BIND, ""); err != nil {
			t.Skipf("no bind mount: %v; run as root on a system that allows mounts", err)
		}
		res, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(10, 10)})
		must(t, unix.Unmount(path+suffix, unix.MNT_DETACH))
		if !errors.Is(err, ErrHardLink) || res.Applied {
			t.Errorf("%q: result %+v, error %v, want ErrHardLink", suffix, res, err)
		}
	}
}

// TestReadOnlyMount: a read-only mount of the folder in which another program writes
// can be read, and shows each commit at once, also after a checkpoint.
func TestReadOnlyMount(t *testing.T) {
	path := tempPath(t)
	db := openTest(t, path, Options{})
	s := ensured(t, db)
	insert(t, db, s, 0, 10)
	must(t, db.Close())
	folder := t.TempDir()
	if err := unix.Mount(filepath.Dir(path), folder, "", unix.MS_BIND, ""); err != nil {
		t.Skipf("no bind mount: %v; run as root on a system that allows mounts", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(folder, unix.MNT_DETACH) })
	must(t, unix.Mount("", folder, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, ""))
	name := filepath.Join(folder, filepath.Base(path))
	if _, err := Open(t.Context(), name, Options{}); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("for writing: error is %v, want ErrReadOnly", err)
	}
	writer, err := sqlite3.Open(path)
	must(t, err)
	defer writer.Close()
	must(t, writer.Exec("PRAGMA journal_mode=wal; UPDATE points SET n = n"))
	read, err := Open(t.Context(), name, Options{ReadOnly: true})
	must(t, err)
	defer read.Close()
	for n := 10; n < 50; n++ {
		wantPoints(t, read, s, makePoints(0, n))
		if n == 30 {
			must(t, writer.Exec("PRAGMA wal_checkpoint"))
		}
		p := makePoints(n, 1)[0]
		must(t, writer.Exec(fmt.Sprintf("INSERT INTO points VALUES ('%s', %d, %v)", p.Name, p.N, p.X)))
	}
	wantPoints(t, read, s, makePoints(0, 50))
}

// TestOtherSQLite: a file on which this process holds a POSIX lock, as other
// SQLite libraries do, is refused.
func TestOtherSQLite(t *testing.T) {
	path := tempPath(t)
	must(t, openTest(t, path, Options{}).Close())
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	must(t, err)
	defer f.Close()
	lock := unix.Flock_t{Type: unix.F_RDLCK, Start: 0x40000002, Len: 510}
	must(t, unix.FcntlFlock(f.Fd(), unix.F_SETLK, &lock))
	db, err := Open(t.Context(), path, Options{})
	if !errors.Is(err, ErrOtherSQLite) {
		t.Errorf("error is %v, want ErrOtherSQLite", err)
	}
	if err == nil {
		db.Close()
	}
	must(t, f.Close())

	db = openTest(t, path, Options{})
	s := ensured(t, db)
	must(t, db.file.readers.retire())
	shm, err := os.OpenFile(path+"-shm", os.O_RDWR, 0)
	must(t, err)
	lock = unix.Flock_t{Type: unix.F_RDLCK, Start: 128, Len: 1}
	must(t, unix.FcntlFlock(shm.Fd(), unix.F_SETLK, &lock))
	if err := db.Query(t.Context(), store.Select{Schema: s}, count(new(int))); !errors.Is(err, ErrOtherSQLite) {
		t.Errorf("query: error is %v, want ErrOtherSQLite", err)
	}
	must(t, shm.Close())
	must(t, db.Query(t.Context(), store.Select{Schema: s}, count(new(int))))
}
