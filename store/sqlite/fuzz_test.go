package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// count counts the rows of a query.
func count(n *int) func(schema.Reader) (bool, error) {
	return func(schema.Reader) (bool, error) { *n++; return true, nil }
}

// openBytes opens a file of these bytes, reads it and appends to it. Nothing
// may panic, and Open must not return an error that says nothing.
func openBytes(t *testing.T, dir string, b []byte) {
	t.Helper()
	d, err := os.MkdirTemp(dir, "fuzz")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(d)
	path := filepath.Join(d, "test.db")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	db, err := Open(ctx, path, Options{CacheKiB: 1000})
	if err != nil {
		if ctx.Err() != nil {
			t.Errorf("Open hangs: %v", err)
		}
		if !errors.Is(err, store.ErrNotGalley) && !errors.Is(err, ErrNoWAL) && !errors.Is(err, store.ErrReadOnly) {
			t.Errorf("Open of arbitrary bytes: %v is none of the package's errors", err)
		}
		return
	}
	defer db.Close()
	s := pointSchema(t, "points")
	n := 0
	_ = db.Query(ctx, store.Select{Schema: s}, count(&n))
	_, _ = db.Tables(ctx)
	_ = db.Ensure(ctx, s, store.Strict)
	_, _ = store.Insert(ctx, db, &store.Batch{Schema: s, Rows: makePoints(0, 40), Key: "k"})
}

// FuzzOpen opens files of arbitrary bytes.
func FuzzOpen(f *testing.F) {
	path := filepath.Join(f.TempDir(), "seed.db")
	db, err := Open(context.Background(), path, Options{PageSize: 512})
	if err != nil {
		f.Fatal(err)
	}
	if err := db.Close(); err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:100])
	f.Add([]byte("SQLite format 3\x00"))
	f.Add([]byte{})
	dir := memoryDir(f)
	f.Fuzz(func(t *testing.T, b []byte) { openBytes(t, dir, b) })
}

// FuzzWAL opens a sound database beside a -wal of arbitrary bytes: they are
// ignored or refused, and never change what the file holds.
func FuzzWAL(f *testing.F) {
	path := filepath.Join(f.TempDir(), "seed.db")
	s := pointSchema(f, "points")
	db, err := Open(context.Background(), path, Options{PageSize: 512})
	if err != nil {
		f.Fatal(err)
	}
	if err := db.Ensure(context.Background(), s, store.Strict); err != nil {
		f.Fatal(err)
	}
	if _, err := store.Insert(context.Background(), db, &store.Batch{Schema: s, Rows: makePoints(0, 50)}); err != nil {
		f.Fatal(err)
	}
	if err := db.Close(); err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	wal := plantWAL(f, 512, false) // of another database
	f.Add(wal)
	f.Add(wal[:32])
	f.Add(wal[:len(wal)-7])
	f.Add([]byte("garbage"))
	dir := memoryDir(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := os.MkdirTemp(dir, "fuzz")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(d)
		path := filepath.Join(d, "test.db")
		if err := errors.Join(os.WriteFile(path, whole, 0o600), os.WriteFile(path+"-wal", b, 0o600)); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		db, err := Open(ctx, path, Options{CacheKiB: 1000})
		if err != nil {
			if !errors.Is(err, store.ErrNotGalley) {
				t.Errorf("error is %v, want store.ErrNotGalley", err)
			}
			return
		}
		defer db.Close()
		n := 0
		if err := db.Query(context.Background(), store.Select{Schema: s}, count(&n)); err == nil && n != 50 {
			t.Errorf("%d rows, want 50", n)
		}
	})
}

// FuzzWhere hands arbitrary text and arguments to a query: it runs or returns
// an error, does not panic, and cannot write.
func FuzzWhere(f *testing.F) {
	for _, seed := range []string{
		"n = ?", "n = ? OR 1", "1; DROP TABLE points", "name LIKE '%' || ? || '%'", "?", "", ")", "'", "--", "n IN (SELECT n FROM points)",
		"zeroblob(2000000000) = ?", "x = ?1 AND n = ?3", "load_extension(?)", "1) UNION ALL SELECT 1,2,3 --", "\x00", "\xff",
		"(WITH RECURSIVE r(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM r) SELECT max(i) FROM r LIMIT 1) = ?",
	} {
		f.Add(seed, "text", int64(1), 1.5, []byte{0, 1})
	}
	db := openTest(f, tempPath(f), Options{})
	s := ensured(f, db)
	want := makePoints(0, 20)
	if _, err := store.Insert(context.Background(), db, &store.Batch{Schema: s, Rows: want}); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, where, text string, n int64, x float64, blob []byte) {
		for _, args := range [][]any{{}, {text}, {n}, {x, blob}, {text, n, x}} {
			ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
			rows := 0
			_ = db.Query(ctx, store.Select{Schema: s, Where: where, Args: args}, count(&rows))
			cancel()
		}
		wantPoints(t, db, s, want)
	})
}
