package sqlite

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// TestClosedDBRefusesCalls: nothing that only a file has works after Close either, and another
// DB on the file goes on.
func TestClosedDBRefusesCalls(t *testing.T) {
	path := tempPath(t)
	db := openTest(t, path, Options{})
	s := ensured(t, db)
	other := openTest(t, path, Options{})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"Checkpoint": second(db.Checkpoint(t.Context(), Passive)),
		"Clear":      db.Clear(t.Context()),
		"Backup":     db.Backup(t.Context(), path+".copy", nil),
		"Tables":     second(db.Tables(t.Context())),
	} {
		if !errors.Is(err, store.ErrClosed) {
			t.Errorf("%s: error is %v, want ErrClosed", name, err)
		}
	}
	if _, err := store.Insert(t.Context(), other, &store.Batch{Schema: s, Rows: makePoints(0, 1)}); err != nil {
		t.Errorf("another DB on the same file: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

// TestCloseWhileReading: a query under way ends with ErrClosed.
func TestCloseWhileReading(t *testing.T) {
	db := openTest(t, tempPath(t), Options{})
	s := ensured(t, db)
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 1000)}); err != nil {
		t.Fatal(err)
	}
	n := 0
	err := db.Query(t.Context(), store.Select{Schema: s}, func(schema.Reader) (bool, error) {
		n++
		return true, db.Close()
	})
	if !errors.Is(err, store.ErrClosed) || n != 1 {
		t.Errorf("error is %v after %d rows, want ErrClosed after 1", err, n)
	}
}

// TestReadOnly reads a file that no process has open, and refuses to write.
func TestReadOnly(t *testing.T) {
	path := tempPath(t)
	db := openTest(t, path, Options{})
	s := ensured(t, db)
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 10)}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	ro := openTest(t, path, Options{ReadOnly: true})
	wantPoints(t, ro, s, makePoints(0, 10))
	if err := ro.Ensure(t.Context(), s, store.Strict); err != nil {
		t.Errorf("Ensure of a table that is there: %v", err)
	}
	for name, err := range map[string]error{
		"Insert": second(store.Insert(t.Context(), ro, &store.Batch{Schema: s, Rows: makePoints(0, 1)})),
		"Ensure": ro.Ensure(t.Context(), pointSchema(t, "more"), store.Strict),
		"Clear":  ro.Clear(t.Context()),
	} {
		if !errors.Is(err, store.ErrReadOnly) {
			t.Errorf("%s: error is %v, want ErrReadOnly", name, err)
		}
	}
}

// TestClearRemovesTheDatabase removes a database, and starts again under the same name.
func TestClearRemovesTheDatabase(t *testing.T) {
	testtime.Seconds(t)
	path := tempPath(t)
	db := openTest(t, path, Options{})
	s := ensured(t, db)
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 100)}); err != nil {
		t.Fatal(err)
	}
	other := openTest(t, path, Options{})
	if err := db.Clear(t.Context()); !errors.Is(err, ErrInUse) {
		t.Errorf("with another DB open: error is %v, want ErrInUse", err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	foreign := openForeign(t, path) // as another process
	if err := foreign.Exec("SELECT count(*) FROM points"); err != nil {
		t.Fatal(err)
	}
	if err := db.Clear(t.Context()); !errors.Is(err, ErrInUse) {
		t.Errorf("with another process that has it open: error is %v, want ErrInUse", err)
	}
	if err := foreign.Close(); err != nil {
		t.Fatal(err)
	}
	err := db.Query(t.Context(), store.Select{Schema: s}, func(schema.Reader) (bool, error) {
		if err := db.Clear(t.Context()); !errors.Is(err, ErrInUse) {
			t.Errorf("during a query: error is %v, want ErrInUse", err)
		}
		return false, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	wantPoints(t, db, s, makePoints(0, 100))
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(100, 100)}); err != nil {
		t.Errorf("after a Clear that was refused: %v", err)
	}

	if err := db.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 0 {
		t.Errorf("the folder has %v, %v", entries, err)
	}
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 1)}); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Insert after Clear: error is %v, want ErrClosed", err)
	}
	again := openTest(t, path, Options{})
	wantPoints(t, again, ensured(t, again), nil)
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	unused := openTest(t, path, Options{})
	if err := unused.Clear(t.Context()); err != nil {
		t.Errorf("Clear before anything else: %v", err)
	}
}

// TestBackupDuringWrites copies a database while it is written.
func TestBackupDuringWrites(t *testing.T) {
	path := tempPath(t)
	db := openTest(t, path, Options{})
	s := ensured(t, db)
	want := makePoints(0, 50_000)
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: want}); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "copy.db")
	calls, last := 0, 0
	err := db.Backup(t.Context(), to, func(done, total int) {
		calls++
		last = total - done
		if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(calls, 1)}); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if calls < 2 || last != 0 {
		t.Errorf("progress was called %d times and ended with %d pages left", calls, last)
	}
	checkIntegrity(t, to)
	copied := openTest(t, to, Options{})
	wantPoints(t, copied, s, want)
	if _, err := store.Insert(t.Context(), copied, &store.Batch{Schema: s, Rows: makePoints(0, 1)}); err != nil {
		t.Errorf("append to the copy: %v", err)
	}
	ids := map[string]bool{}
	for _, d := range []*DB{db, copied} {
		id, err := d.file.writer.conn.text("SELECT value FROM galley_meta WHERE name='id'")
		if err != nil {
			t.Fatal(err)
		}
		ids[id] = true
	}
	if len(ids) != 2 {
		t.Error("the copy has the original's id")
	}
	if err := db.Backup(t.Context(), to, nil); !errors.Is(err, fs.ErrExist) {
		t.Errorf("onto an existing file: error is %v, want fs.ErrExist", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	half := filepath.Join(t.TempDir(), "half.db")
	if err := db.Backup(ctx, half, func(int, int) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: error is %v, want context.Canceled", err)
	}
	if left := names(t, filepath.Dir(half)); len(left) != 0 {
		t.Errorf("a cancelled Backup left %v", left)
	}
}

// TestCheckpointAroundReader moves the WAL into the file, past and around a reader.
func TestCheckpointAroundReader(t *testing.T) {
	path := tempPath(t)
	db := openTest(t, path, Options{})
	s := ensured(t, db)
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 5000)}); err != nil {
		t.Fatal(err)
	}
	if db.Stats().WALBytes == 0 {
		t.Error("the WAL is empty after an insert")
	}
	res, err := db.Checkpoint(t.Context(), Truncate)
	if err != nil || !res.Complete {
		t.Errorf("truncate: %+v, %v", res, err)
	}
	if got := db.Stats().WALBytes; got != 0 {
		t.Errorf("the WAL has %d bytes after Truncate", got)
	}
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 100)}); err != nil {
		t.Fatal(err)
	}
	err = db.Query(t.Context(), store.Select{Schema: s}, func(schema.Reader) (bool, error) {
		if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 100)}); err != nil {
			return false, err
		}
		res, err := db.Checkpoint(t.Context(), Passive)
		if err != nil || res.Complete || res.WALPages == 0 {
			t.Errorf("passive beside a reader: %+v, %v", res, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50_000_000)
		defer cancel()
		_, err = db.Checkpoint(ctx, Truncate)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("truncate beside a reader: error is %v, want the context's", err)
		}
		if db.Stats().LastCheckpointErr == nil {
			t.Error("Stats knows nothing of the checkpoint that failed")
		}
		return false, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if res, err := db.Checkpoint(t.Context(), Restart); err != nil || !res.Complete {
		t.Errorf("restart: %+v, %v", res, err)
	}
	if err := db.Stats().LastCheckpointErr; err != nil {
		t.Errorf("Stats keeps an old error: %v", err)
	}
}

// TestWALBounded: without readers the WAL stays near its bound.
func TestWALBounded(t *testing.T) {
	testtime.Seconds(t)
	db := openTest(t, tempPath(t), Options{WALBytes: 1 << 20})
	s := ensured(t, db)
	var most int64
	for i := range 300 {
		if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(1000*i, 1000)}); err != nil {
			t.Fatal(err)
		}
		most = max(most, db.Stats().WALBytes)
	}
	if most > 2<<20 {
		t.Errorf("the WAL grew to %d bytes, its bound is %d", most, 1<<20)
	}
	if db.Stats().Checkpoints < 3 {
		t.Errorf("%d checkpoints", db.Stats().Checkpoints)
	}
}

// TestEnsureRefusesDifferences creates, compares, and refuses what differs, unchanged.
func TestEnsureRefusesDifferences(t *testing.T) {
	db := openTest(t, tempPath(t), Options{})
	s := ensured(t, db)
	ensured(t, db)
	before := dump(t, db)
	var mismatch *store.MismatchError
	err := db.Ensure(t.Context(), pointSchema(t, "points", func(c []schema.Column) { c[1].Type = schema.Text }), store.Strict)
	if !errors.As(err, &mismatch) || len(mismatch.Changes) != 1 || !strings.Contains(err.Error(), `"n"`) && !strings.Contains(err.Error(), " n") {
		t.Errorf("another type: error is %v, want a *MismatchError that names n", err)
	}
	sql(t, db, "CREATE TABLE mine(x)")
	if err := db.Ensure(t.Context(), pointSchema(t, "Mine"), store.Strict); !errors.As(err, &mismatch) {
		t.Errorf("a table that is not galley's: error is %v, want a *MismatchError", err)
	}
	sql(t, db, "DROP TABLE mine")
	if diff := cmp.Diff(before, dump(t, db)); diff != "" {
		t.Errorf("the file changed (-before +after):\n%s", diff)
	}
	sql(t, db, "ALTER TABLE points ADD COLUMN extra TEXT")
	if err := db.Ensure(t.Context(), s, store.Strict); !errors.As(err, &mismatch) || !strings.Contains(err.Error(), "extra") {
		t.Errorf("a column added by hand: error is %v, want a *MismatchError that names it", err)
	}
	sql(t, db, "DROP TABLE points")
	if err := db.Ensure(t.Context(), s, store.Strict); !errors.As(err, &mismatch) {
		t.Errorf("a table dropped by hand: error is %v, want a *MismatchError", err)
	}
	tables, err := db.Tables(t.Context())
	if err != nil || len(tables) != 1 {
		t.Fatalf("tables: %v, %v", tables, err)
	}
	if diff := cmp.Diff(s.Columns(), tables[0].Columns()); diff != "" {
		t.Errorf("columns read back (-want +got):\n%s", diff)
	}
}

// dump returns the schema of the file, and galley's own tables.
func dump(t testing.TB, db *DB) []string {
	t.Helper()
	rd, err := db.file.readers.acquire(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer db.file.readers.release(rd)
	a, err := rd.conn.texts("SELECT type||' '||name||' '||coalesce(sql,'') FROM sqlite_schema ORDER BY 1")
	if err != nil {
		t.Fatal(err)
	}
	b, err := rd.conn.texts(`SELECT "table"||' '||position||' '||name||' '||spec FROM galley_columns ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	return append(a, b...)
}
