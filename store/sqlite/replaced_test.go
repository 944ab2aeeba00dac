package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store"
)

// must ends the test after an error.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// replaceFile puts a copy of a file in its place.
func replaceFile(t *testing.T, path string) {
	t.Helper()
	content, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path+".copy", content, 0o600))
	must(t, os.Rename(path+".copy", path))
}

// harms are the ways to take the files of an open database away, and the error
// that says so.
var harms = map[string]struct {
	harm func(t *testing.T, path string)
	want error
}{
	"db removed":   {func(t *testing.T, p string) { must(t, os.Remove(p)) }, ErrFileReplaced},
	"db renamed":   {func(t *testing.T, p string) { must(t, os.Rename(p, p+".old")) }, ErrFileReplaced},
	"db replaced":  {replaceFile, ErrFileReplaced},
	"db linked":    {func(t *testing.T, p string) { must(t, os.Link(p, p+".link")) }, ErrHardLink},
	"wal removed":  {func(t *testing.T, p string) { must(t, os.Remove(p+"-wal")) }, ErrFileReplaced},
	"wal renamed":  {func(t *testing.T, p string) { must(t, os.Rename(p+"-wal", p+".old")) }, ErrFileReplaced},
	"wal replaced": {func(t *testing.T, p string) { replaceFile(t, p+"-wal") }, ErrFileReplaced},
	"wal linked":   {func(t *testing.T, p string) { must(t, os.Link(p+"-wal", p+".link")) }, ErrHardLink},
	"shm removed":  {func(t *testing.T, p string) { must(t, os.Remove(p+"-shm")) }, ErrFileReplaced},
	"shm replaced": {func(t *testing.T, p string) { replaceFile(t, p+"-shm") }, ErrFileReplaced},
	"shm linked":   {func(t *testing.T, p string) { must(t, os.Link(p+"-shm", p+".link")) }, ErrHardLink},
	"folder gone":  {func(t *testing.T, p string) { must(t, os.RemoveAll(filepath.Dir(p))) }, ErrFileReplaced},
	"folder moved": {func(t *testing.T, p string) { must(t, os.Rename(filepath.Dir(p), filepath.Dir(p)+"2")) }, ErrFileReplaced},
}

// TestReplacedFiles takes the files away under an open database, in every
// way, and checks that nothing is acknowledged afterwards.
func TestReplacedFiles(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows does not let an open file be removed; run on Linux or macOS")
	}
	for name, c := range harms {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "sub", "test.db")
			must(t, os.Mkdir(filepath.Dir(path), 0o700))
			db, err := Open(t.Context(), path, Options{})
			must(t, err)
			defer db.Close()
			s := ensured(t, db)
			_, err = store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 10)})
			must(t, err)
			c.harm(t, path)
			for _, b := range []*store.Batch{
				{Schema: s, Rows: makePoints(10, 1)},
				{Schema: s, Rows: makePoints(20, 100)},
				{Schema: s, Rows: makePoints(30, 10), Key: "k"},
			} {
				res, err := store.Insert(t.Context(), db, b)
				if !errors.Is(err, c.want) || res.Applied {
					t.Errorf("result %+v, error %v, want %v", res, err, c.want)
				}
				if db.Retryable(err) {
					t.Errorf("%v is called retryable", err)
				}
			}
		})
	}
}

// TestReplacedUnderReaders: no query begins on files that were taken away, be it
// on a connection that was open before or on a new one, which would read
// whatever has the name now.
func TestReplacedUnderReaders(t *testing.T) {
	testtime.Seconds(t)
	if runtime.GOOS == "windows" {
		t.Skip("Windows does not let an open file be removed; run on Linux or macOS")
	}
	for name, c := range harms {
		for _, before := range []bool{false, true} {
			t.Run(fmt.Sprint(name, "/opened before: ", before), func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "sub", "test.db")
				must(t, os.Mkdir(filepath.Dir(path), 0o700))
				db, err := Open(t.Context(), path, Options{})
				must(t, err)
				defer db.Close()
				s := ensured(t, db)
				_, err = store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 10)})
				must(t, err)
				must(t, db.file.readers.retire())
				if before {
					must(t, db.Query(t.Context(), store.Select{Schema: s}, count(new(int))))
				}
				c.harm(t, path)
				for range 2 {
					rows := 0
					err := db.Query(t.Context(), store.Select{Schema: s}, count(&rows))
					if rows != 0 || !errors.Is(err, c.want) {
						t.Errorf("%d rows, error %v, want %v", rows, err, c.want)
					}
				}
			})
		}
	}
}

// TestReplacedDuringCommit removes the file between the taking of the lock
// and the commit: the batch is not acknowledged.
func TestReplacedDuringCommit(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows does not let an open file be removed; run on Linux or macOS")
	}
	path := filepath.Join(t.TempDir(), "test.db")
	db := openTest(t, path, Options{})
	ensured(t, db)
	err := db.file.exclusively(t.Context(), func(w *writer) error {
		if err := w.start(); err != nil {
			return err
		}
		if err := w.conn.Exec("INSERT INTO points VALUES ('a', 1, 1)"); err != nil {
			return err
		}
		if err := os.Remove(path); err != nil {
			return err
		}
		return w.finish()
	})
	if !errors.Is(err, ErrFileReplaced) {
		t.Errorf("error is %v, want ErrFileReplaced", err)
	}
}

// TestReplacedInOpen: a file that is replaced after its header was looked at, and
// before SQLite opens it, is not taken for what the header said.
func TestReplacedInOpen(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a file has no other identity there for being a copy; run on Linux or macOS")
	}
	path := filepath.Join(t.TempDir(), "test.db")
	opts, err := Options{}.withDefaults()
	must(t, err)
	must(t, openTest(t, path, opts).Close())
	head, err := probe(path, false)
	must(t, err)
	replaceFile(t, path)
	f, err := newFile(t.Context(), path, head, opts)
	if !errors.Is(err, ErrFileReplaced) {
		t.Errorf("error is %v, want ErrFileReplaced", err)
	}
	if err == nil {
		must(t, f.close())
	}
}

// TestReplacedUnderRest: a checkpoint, by the caller or beside the writer, a
// Vacuum and a Clear of a database whose file was replaced say so, and leave
// what came into its place alone.
func TestReplacedUnderRest(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows does not let an open file be removed; run on Linux or macOS")
	}
	for name, work := range map[string]func(context.Context, *DB) error{
		"checkpoint": func(ctx context.Context, db *DB) error { return second(db.Checkpoint(ctx, Passive)) },
		"beside":     func(_ context.Context, db *DB) error { return db.file.background.checkpoint() },
		"vacuum":     func(ctx context.Context, db *DB) error { return db.Vacuum(ctx) },
		"clear":      func(ctx context.Context, db *DB) error { return db.Clear(ctx) },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "test.db")
			db := openTest(t, path, Options{})
			s := ensured(t, db)
			_, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 10)})
			must(t, err)
			replaceFile(t, path)
			before, err := os.ReadFile(path)
			must(t, err)
			if err := work(t.Context(), db); !errors.Is(err, ErrFileReplaced) {
				t.Errorf("error is %v, want ErrFileReplaced", err)
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
				t.Errorf("the file in its place has changed (%v)", err)
			}
		})
	}
}

// TestRowsDropped: a trigger that drops rows makes the batch fail, by every
// path, and by one among others of its group.
func TestRowsDropped(t *testing.T) {
	for _, n := range []int{3, 100} {
		path := tempPath(t)
		db := openTest(t, path, Options{})
		s := ensured(t, db)
		sql(t, db, "CREATE TRIGGER half BEFORE INSERT ON points WHEN NEW.n % 2 = 1 BEGIN SELECT RAISE(IGNORE); END")
		_, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, n), Key: "k"})
		if !errors.Is(err, store.ErrRowsLost) {
			t.Errorf("%d rows: error is %v, want ErrRowsLost", n, err)
		}
		wantPoints(t, db, s, nil)
		sql(t, db, "DROP TRIGGER half")
		res, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, n), Key: "k"})
		if err != nil || !res.Applied {
			t.Errorf("%d rows after the trigger was dropped: %+v, %v", n, res, err)
		}
		wantPoints(t, db, s, makePoints(0, n))
	}
}

// TestHandMadeConstraint: an index that another program added also applies to
// batches that go by page image.
func TestHandMadeConstraint(t *testing.T) {
	db := openTest(t, tempPath(t), Options{})
	s := ensured(t, db)
	sql(t, db, "CREATE UNIQUE INDEX by_hand ON points(n)")
	ps := makePoints(0, 100)
	ps[99].N = 0
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: ps}); !errors.Is(err, store.ErrConstraint) {
		t.Errorf("error is %v, want ErrConstraint", err)
	}
	wantPoints(t, db, s, nil)
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 100)}); err != nil {
		t.Error(err)
	}
	wantPoints(t, db, s, makePoints(0, 100))
}

// sql runs a statement on the writer connection.
func sql(t testing.TB, db *DB, text string) {
	t.Helper()
	err := db.file.exclusively(context.Background(), func(w *writer) error { return w.conn.Exec(text) })
	if err != nil {
		t.Fatal(err)
	}
}
