package sqlite

import (
	"errors"
	"fmt"
	"io/fs"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/internal/fileid"
)

// guard records which files a connection has open, and detects when a name no
// longer leads to its file. SQLite continues to write into a file that was removed
// or renamed, and reports success
// (https://sqlite.org/howtocorrupt.html#_unlinking_or_renaming_a_database_file_while_in_use).
type guard struct {
	files [3]guarded
	still *still // the file is read without -wal and -shm, nil if not
	wal   walFiles
}

type guarded struct {
	path string
	id   fileid.ID
}

// watch records the three files of the open database at path. The caller closes
// the guard.
func watch(path string) (g guard, err error) {
	defer func() {
		if err != nil {
			g.close()
		}
	}()
	if g.wal, err = openWALFiles(path); err != nil {
		return g, replaced(path, err)
	}
	for i, suffix := range [...]string{"", "-wal", "-shm"} {
		g.files[i].path = path + suffix
		info, err := fileid.Stat(g.files[i].path)
		if err != nil {
			return g, replaced(g.files[i].path, err)
		}
		if err := oneName(g.files[i].path, info); err != nil {
			return g, err
		}
		g.files[i].id = info.ID
	}
	return g, nil
}

func (g *guard) close() { g.wal.close() }

// oneName returns ErrHardLink where a file has another name: a hard link, or the
// name that a bind mount of the single file gives it. Device, inode and number of
// links are equal under both names of a bind mount; the -wal and -shm beside them
// are not.
func oneName(path string, info fileid.Info) error {
	switch {
	case info.Mounted:
		return fmt.Errorf("%w: %s is a bind mount of a single file; mount the folder that it is in instead", ErrHardLink, path)
	case info.Links > 1:
		return fmt.Errorf("%w: %s has %d hard links; every process must use one name, so remove the others, or copy the file", ErrHardLink, path, info.Links)
	}
	return nil
}

// alone returns ErrOtherSQLite where another SQLite library of this process holds
// locks on the database or its -shm. It comes before galley opens either, because
// closing them drops these locks.
func alone(path string) error {
	var ids []fileid.ID
	for _, suffix := range []string{"", "-shm"} {
		if info, err := fileid.Stat(path + suffix); err == nil {
			ids = append(ids, info.ID)
		}
	}
	if fileid.OwnPOSIXLock(ids...) {
		return fmt.Errorf("%w; give that library a file of its own, or read this one through galley only", ErrOtherSQLite)
	}
	return nil
}

// check returns ErrFileReplaced or ErrHardLink unless all three files are
// the ones recorded, under one name each, and the -wal is whole.
func (g *guard) check() error {
	_, err := g.look()
	return err
}

// look is check, and returns what it found in the wal-index, or nothing.
func (g *guard) look() (x walIndex, err error) {
	if g.still != nil {
		return x, g.still.check()
	}
	var walSize int64
	for i := range g.files {
		f := &g.files[i]
		info, err := fileid.Stat(f.path)
		switch {
		case err != nil:
			return x, replaced(f.path, err)
		case info.ID != f.id:
			return x, fmt.Errorf("%w: %s is another file now; close the database, and find out what replaced it", ErrFileReplaced, f.path)
		}
		if err := oneName(f.path, info); err != nil {
			return x, err
		}
		if i == 1 {
			walSize = info.Size
		}
	}
	return g.whole(walSize)
}

// whole returns ErrFileReplaced where the -wal was cut or overwritten in place,
// and otherwise what it found in the wal-index. size is as walFiles.whole says.
func (g *guard) whole(size int64) (walIndex, error) {
	x, err := g.wal.whole(size)
	if err != nil {
		err = damagedWAL(g.files[1].path, err)
	}
	return x, err
}

// damagedWAL says that a -wal is not what SQLite has written. An error of the
// system while reading it says nothing of that.
func damagedWAL(path string, err error) error {
	if !errors.Is(err, errCut) {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return fmt.Errorf("%w: %s: %w; rows that were stored since the last checkpoint may be lost. "+
		"Close the database, and find out which program changed the file", ErrFileReplaced, path, err)
}

func replaced(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %s is gone; close the database, and find out what removed it", ErrFileReplaced, path)
	}
	return fmt.Errorf("look at %s: %w", path, err)
}

// identity keeps the page of galley_meta, and with it the database's own id, in
// the WAL. The id reveals a WAL that lies beside another database: see
// (*file).examine.
type identity struct {
	salt    [8]byte // of the WAL that has the page, as far as this process has seen
	known   bool    // such a WAL exists
	written bool    // by this transaction, into the WAL of salt
	mark    *sqlite3.Stmt
}

// identify writes the page with the database's id into the WAL, unless it is
// there, or the WAL may restart with this transaction and lose it. A WAL whose
// pages are all in the database file restarts with the next transaction. Which
// salt the restarted WAL gets is not known here, so the transaction after it
// writes the page again. x is the wal-index under the write lock.
func (w *writer) identify(x walIndex) error {
	id := &w.identity
	restarts := x.frames == 0 || x.moved >= x.frames
	id.written = false
	if !restarts && id.known && x.salt == id.salt {
		return nil
	}
	id.written, id.known, id.salt = !restarts, false, x.salt
	if id.mark == nil {
		s, _, err := w.conn.PrepareFlags(markWAL, sqlite3.PREPARE_PERSISTENT)
		if err != nil {
			return err
		}
		id.mark = s
	}
	return id.mark.Exec()
}

// markWAL changes the page of galley_meta: an UPDATE to the same value writes
// nothing. A database from before the mark gets it.
const markWAL = `INSERT INTO main.galley_meta VALUES ('wal', '0000000001')` +
	` ON CONFLICT (name) DO UPDATE SET value = printf('%010d', (value + 1) % 10000000000)`

// identified records, after a commit, that the WAL has the page.
func (w *writer) identified() {
	id := &w.identity
	if id.written {
		id.known = true
	}
}
