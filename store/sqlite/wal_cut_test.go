package sqlite

import (
	"encoding/binary"
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// TestWALCut: a -wal that is cut or overwritten in place while open is noticed
// before a batch is acknowledged, by queries and by a checkpoint, and nothing of
// it gets into the database file.
func TestWALCut(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("galley keeps no descriptor of the -wal on Windows; run on Linux or macOS")
	}
	for name, harm := range map[string]func(t *testing.T, wal string, size int64){
		"cut to nothing": func(t *testing.T, wal string, _ int64) { must(t, os.Truncate(wal, 0)) },
		"cut in half":    func(t *testing.T, wal string, size int64) { must(t, os.Truncate(wal, size/2)) },
		"last byte":      func(t *testing.T, wal string, size int64) { must(t, os.Truncate(wal, size-1)) },
		"zeroed":         func(t *testing.T, wal string, size int64) { overwrite(t, wal, make([]byte, size)) },
		"another's":      func(t *testing.T, wal string, _ int64) { overwrite(t, wal, plantWAL(t, 16384, false)) },
	} {
		t.Run(name, func(t *testing.T) {
			path := tempPath(t)
			db, err := Open(t.Context(), path, Options{})
			must(t, err)
			s := ensured(t, db)
			insert(t, db, s, 0, 10)
			must(t, second(db.Checkpoint(t.Context(), Truncate)))
			for i := range 5 {
				insert(t, db, s, 10+10*i, 10)
			}
			info, err := os.Stat(path + "-wal")
			must(t, err)
			harm(t, path+"-wal", info.Size())
			for range 2 {
				res, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(100, 50)})
				if !errors.Is(err, ErrFileReplaced) || res.Applied || db.Retryable(err) {
					t.Errorf("result %+v, error %v, want ErrFileReplaced", res, err)
				}
				if err := db.Query(t.Context(), store.Select{Schema: s}, count(new(int))); !errors.Is(err, ErrFileReplaced) {
					t.Errorf("query: error is %v, want ErrFileReplaced", err)
				}
				if err := second(db.Checkpoint(t.Context(), Passive)); !errors.Is(err, ErrFileReplaced) {
					t.Errorf("checkpoint: error is %v, want ErrFileReplaced", err)
				}
			}
			if err := db.Close(); !errors.Is(err, ErrFileReplaced) {
				t.Errorf("close: error is %v, want ErrFileReplaced", err)
			}
			must(t, os.Remove(path+"-wal")) // the next Open may refuse it: the database alone is whole
			must(t, os.Remove(path+"-shm"))
			db = openTest(t, path, Options{})
			wantPoints(t, db, s, makePoints(0, 10))
		})
	}
}

// TestWALCutDuringTransaction cuts the -wal while a batch is being written: its
// pages do not go behind the hole.
func TestWALCutDuringTransaction(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("an open file is not cut on Windows; run on Linux or macOS")
	}
	path := tempPath(t)
	db, err := Open(t.Context(), path, Options{})
	must(t, err)
	s := ensured(t, db)
	insert(t, db, s, 0, 10)
	err = db.file.exclusively(t.Context(), func(w *writer) error {
		if err := w.start(); err != nil {
			return err
		}
		if err := w.conn.Exec("INSERT INTO points VALUES ('a', 1, 1)"); err != nil {
			return err
		}
		if err := os.Truncate(path+"-wal", 0); err != nil {
			return err
		}
		return w.finish()
	})
	if !errors.Is(err, ErrFileReplaced) || errors.Is(err, store.ErrCommitUnknown) {
		t.Errorf("error is %v, want ErrFileReplaced", err)
	}
	if info, err := os.Stat(path + "-wal"); err != nil || info.Size() != 0 {
		t.Errorf("the -wal has %d bytes (%v): something was written behind the hole", info.Size(), err)
	}
	_ = db.Close()
}

// TestWALRestarts: each WAL has the page with the database's id from its first
// transaction on, also one that restarts with a transaction larger than all that
// was in the WAL before.
func TestWALRestarts(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("galley writes the page with each transaction on Windows; run on Linux or macOS")
	}
	path := tempPath(t)
	db := openTest(t, path, Options{})
	s := ensured(t, db, func(c []schema.Column) { c[1].Key = true })
	put := func(n int, name string) {
		t.Helper()
		ps := makePoints(0, n)
		for i := range ps {
			ps[i].Name = name
		}
		_, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: ps, Mode: schema.Upsert})
		must(t, err)
	}
	put(5000, "first")
	must(t, second(db.Checkpoint(t.Context(), Truncate)))
	put(1, "b")
	put(1, "c")
	other := openForeign(t, path)
	must(t, other.Exec("PRAGMA wal_checkpoint(PASSIVE)"))
	must(t, other.Close())
	put(5000, "second") // more pages than before
	if pages := walPages(t, path); pages[2] == 0 || pages[2] == pages[0] {
		t.Errorf("the restarted WAL has page 2 %d times among %d", pages[2], pages[0])
	}
	put(1, "d")
	put(1, "e")
	if pages := walPages(t, path); pages[2] != 2 {
		t.Errorf("the WAL has page 2 %d times after two more transactions, want twice", pages[2])
	}
}

// walPages counts the frames of each page in the WAL, and all of them as page 0.
func walPages(t testing.TB, path string) map[uint32]int {
	t.Helper()
	b, err := os.ReadFile(path + "-wal")
	must(t, err)
	size := int(binary.BigEndian.Uint32(b[8:]))
	pages := map[uint32]int{}
	for at := walHeader; at+frameHeader+size <= len(b); at += frameHeader + size {
		if string(b[at+frameSaltAt:at+frameSaltAt+8]) != string(b[saltAt:saltAt+8]) {
			break
		}
		pages[binary.BigEndian.Uint32(b[at:])]++
		pages[0]++
	}
	return pages
}

// TestUserVersion: a program sets PRAGMA user_version, as migrations do, and is
// killed with galley: the file opens, with every row and that version. Another
// database's -wal is recognized without it.
func TestUserVersion(t *testing.T) {
	path := tempPath(t)
	db := openTest(t, path, Options{})
	s := ensured(t, db)
	insert(t, db, s, 0, 10)
	other := openForeign(t, path)
	must(t, other.Exec("PRAGMA user_version=7"))
	insert(t, db, s, 10, 10)
	killed := tempPath(t)
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(path + suffix)
		must(t, err)
		must(t, os.WriteFile(killed+suffix, b, 0o600))
	}
	again := openTest(t, killed, Options{})
	wantPoints(t, again, s, makePoints(0, 20))
	must(t, each(openForeign(t, killed), "PRAGMA user_version", func(row *sqlite3.Stmt) {
		if got := row.ColumnInt(0); got != 7 {
			t.Errorf("user_version is %d, want 7", got)
		}
	}))
}

// TestNoAdviceToRemoveWAL: a -wal may hold the only copy of rows. No message says
// to remove it or to move it away.
func TestNoAdviceToRemoveWAL(t *testing.T) {
	path := tempPath(t)
	must(t, openTest(t, path, Options{}).Close())
	must(t, os.WriteFile(path+"-wal", plantWAL(t, 16384, false), 0o600))
	for _, harm := range []func(){
		func() {},                                // another database's -wal
		func() { must(t, os.Truncate(path, 0)) }, // an empty file beside one
		func() { must(t, os.Remove(path)) },      // none beside one
	} {
		harm()
		db, err := Open(t.Context(), path, Options{})
		if err == nil {
			db.Close()
			t.Fatal("Open succeeds")
		}
		for _, word := range []string{"remove it", "remove " + path, "move " + path + "-wal", "away", "delete"} {
			if strings.Contains(err.Error(), word) {
				t.Errorf("%q is advised: %v", word, err)
			}
		}
	}
	must(t, os.Remove(path+"-wal"))
}

// insert stores n points that count from first.
func insert(t testing.TB, db *DB, s *schema.Schema, first, n int) {
	t.Helper()
	_, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(first, n)})
	must(t, err)
}

// overwrite changes the content of a file, and not the file.
func overwrite(t testing.TB, path string, content []byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	must(t, err)
	_, err = f.WriteAt(content, 0)
	must(t, err)
	must(t, f.Close())
}
