package table_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/galley-db/galley/backoff"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

type size struct{ Volume float64 }

// TestEditsUnderTriggers: rows that a trigger skips fail the edit, those that it
// refuses too, and those that it adds elsewhere are not counted.
func TestEditsUnderTriggers(t *testing.T) {
	for name, test := range map[string]struct {
		triggers []string
		err      error
	}{
		"skip": {[]string{
			"CREATE TRIGGER d BEFORE DELETE ON scan WHEN OLD.voxels = 5 BEGIN SELECT RAISE(IGNORE); END",
			"CREATE TRIGGER u BEFORE UPDATE ON scan WHEN OLD.voxels = 5 BEGIN SELECT RAISE(IGNORE); END"}, store.ErrRowsLost},
		"refuse": {[]string{
			"CREATE TRIGGER d BEFORE DELETE ON scan WHEN OLD.voxels = 5 BEGIN SELECT RAISE(ABORT, 'kept'); END",
			"CREATE TRIGGER u BEFORE UPDATE ON scan WHEN OLD.voxels = 5 BEGIN SELECT RAISE(ABORT, 'kept'); END"}, store.ErrConstraint},
		"end": {[]string{
			"CREATE TRIGGER d BEFORE DELETE ON scan WHEN OLD.voxels = 5 BEGIN SELECT RAISE(ROLLBACK, 'kept'); END",
			"CREATE TRIGGER u BEFORE UPDATE ON scan WHEN OLD.voxels = 5 BEGIN SELECT RAISE(ROLLBACK, 'kept'); END"}, store.ErrConstraint},
		"follow": {[]string{
			"CREATE TABLE log (n INTEGER)",
			"CREATE TRIGGER d AFTER DELETE ON scan BEGIN INSERT INTO log VALUES (1), (2), (3); END",
			"CREATE TRIGGER u AFTER UPDATE ON scan BEGIN INSERT INTO log VALUES (1), (2), (3); END"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			path := tempPath(t)
			db := openDB(t, path)
			tab := openTable(t, db, table.Options[scan]{})
			rows := makeScans(0, 10)
			if err := tab.Append(t.Context(), rows); err != nil {
				t.Fatal(err)
			}
			byHand(t, path, test.triggers...)
			check := func(what string, n int64, err error) {
				t.Helper()
				if test.err == nil && (n != 6 || err != nil) {
					t.Errorf("%s: %d, %v, want 6", what, n, err)
				}
				if test.err == nil {
					return
				}
				if n != 0 || !errors.Is(err, test.err) {
					t.Errorf("%s: %d, error %v, want %v", what, n, err, test.err)
				}
				if got := gather(t, tab.All(t.Context())); !slices.Equal(got, rows) {
					t.Errorf("%s has changed rows: %v", what, got)
				}
			}
			n, err := table.Update(t.Context(), tab, size{7}, "voxels BETWEEN ? AND ?", 3, 8)
			check("Update", n, err)
			n, err = tab.Delete(t.Context(), "voxels BETWEEN ? AND ?", 3, 8)
			check("Delete", n, err)
		})
	}
}

// editor is a backend whose first edit fails with err, done or not.
type editor struct {
	store.Backend
	err   error
	done  bool
	tries int
}

func (b *editor) Edit(ctx context.Context, e store.Edit) (int64, error) {
	if b.tries++; b.tries > 1 {
		return b.Backend.Edit(ctx, e)
	}
	if b.done {
		if _, err := b.Backend.Edit(ctx, e); err != nil {
			return 0, err
		}
	}
	return 0, b.err
}

func (b *editor) Retryable(err error) bool { return errors.Is(err, errOffline) }

// TestEditsAreCountedOnce: an attempt whose outcome is unknown is not repeated,
// since the next would count other rows; one that has failed is.
func TestEditsAreCountedOnce(t *testing.T) {
	db := openDB(t, tempPath(t))
	for _, test := range []struct {
		editor
		n, tries int
	}{
		{editor{err: store.ErrCommitUnknown, done: true}, 0, 1},
		{editor{err: errOffline}, 10, 2},
		{editor{err: store.ErrDiskFull}, 0, 1},
	} {
		b := &test.editor
		b.Backend = db
		tab, err := table.Open(t.Context(), store.Backend(b), table.Options[scan]{Retrier: backoff.Exponential{MaxAttempts: 4}})
		if err != nil {
			t.Fatal(err)
		}
		if err := tab.Append(t.Context(), makeScans(0, 10)); err != nil {
			t.Fatal(err)
		}
		n, err := tab.Delete(t.Context(), "true")
		if n != int64(test.n) || b.tries != test.tries || test.n == 0 && !errors.Is(err, b.err) || test.n > 0 && err != nil {
			t.Errorf("%v: %d rows in %d attempts, %v, want %d in %d", b.err, n, b.tries, err, test.n, test.tries)
		}
		if _, err := tab.Delete(t.Context(), "true"); err != nil {
			t.Fatal(err)
		}
	}
}

// TestEditIsInterrupted: the end of the context ends a condition that never
// would, and the lock is free.
func TestEditIsInterrupted(t *testing.T) {
	path := tempPath(t)
	db := openDB(t, path)
	tab := openTable(t, db, table.Options[scan]{})
	if err := tab.Append(t.Context(), makeScans(0, 3)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	n, err := tab.Delete(ctx, "voxels IN (WITH RECURSIVE c(x) AS (SELECT 9 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c)")
	if n != 0 || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%d, %v, want the context's error", n, err)
	}
	byHand(t, path, "DELETE FROM scan WHERE voxels = 1")
	if n, err := tab.Delete(t.Context(), "true"); n != 2 || err != nil {
		t.Errorf("afterwards: %d, %v, want 2", n, err)
	}
}

// TestEditReadOnly: a database that is open for reading is not edited.
func TestEditReadOnly(t *testing.T) {
	path := tempPath(t)
	rw := openDB(t, path)
	if err := openTable(t, rw, table.Options[scan]{}).Append(t.Context(), makeScans(0, 3)); err != nil {
		t.Fatal(err)
	}
	if err := rw.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tab := openTable(t, db, table.Options[scan]{})
	if _, err := tab.Delete(t.Context(), "true"); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("error %v, want store.ErrReadOnly", err)
	}
	if n, err := tab.Count(t.Context()); n != 3 || err != nil {
		t.Errorf("%d rows, %v, want 3", n, err)
	}
}
