package sqlite

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// wide is a point of about a kilobyte.
func wide(n int, x float64) point { return point{strings.Repeat("w", 1000), int64(n), x} }

// needTemp makes the calls that need temporary files, and returns their errors.
func needTemp(t *testing.T, db *DB, s *schema.Schema) map[string]error {
	t.Helper()
	all := func(order string) error {
		return db.Query(t.Context(), store.Select{Schema: s, OrderBy: order}, func(schema.Reader) (bool, error) { return true, nil })
	}
	must(t, all("")) // which needs none
	_, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: points{wide(-1, 0)}})
	must(t, err)
	return map[string]error{
		"a sort":  all("x DESC, name"),
		"Vacuum":  db.Vacuum(t.Context()),
		"Rebuild": db.Ensure(t.Context(), pointSchema(t, s.Name(), func(cs []schema.Column) { cs[2].Nullable = true }), store.Rebuild),
	}
}

// TestTempDir: calls that need temporary files say which folder cannot be used
// and why, and use the one that the caller names. Others need none.
func TestTempDir(t *testing.T) {
	testtime.Seconds(t)
	missing := filepath.Join(t.TempDir(), "missing")
	t.Setenv("SQLITE_TMPDIR", missing)
	own := t.TempDir()
	for dir, usable := range map[string]bool{"": false, own: true} {
		db := openTest(t, tempPath(t), Options{TempDir: dir, CacheKiB: 1000})
		s := ensured(t, db)
		rows := make(points, 6000)
		for i := range rows {
			rows[i] = wide(i, float64(i%7))
		}
		_, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: rows})
		must(t, err)
		for what, err := range needTemp(t, db, s) {
			switch {
			case usable && err != nil:
				t.Errorf("%s in %s: %v", what, dir, err)
			case !usable && (!errors.Is(err, ErrTempDir) || !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), missing)):
				t.Errorf("%s: error is %v, want ErrTempDir that names %s", what, err, missing)
			}
		}
	}
	if left := names(t, own); len(left) != 0 {
		t.Errorf("temporary files were left: %v", left)
	}
	if _, err := Open(t.Context(), tempPath(t), Options{TempDir: missing}); !errors.Is(err, store.ErrOptions) || !strings.Contains(err.Error(), missing) {
		t.Errorf("error is %v, want ErrOptions that names %s", err, missing)
	}
}

// TestTempDirInGroup: a batch that needs a temporary file, which cannot be
// created, does not fail the batches of its group.
func TestTempDirInGroup(t *testing.T) {
	gone := filepath.Join(t.TempDir(), "gone")
	must(t, os.Mkdir(gone, 0o700))
	db := openTest(t, tempPath(t), Options{TempDir: gone})
	must(t, os.Remove(gone))
	keyed := pointSchema(t, "keyed", func(cs []schema.Column) { cs[1].Key = true })
	must(t, db.Ensure(t.Context(), keyed, store.Strict))
	s := ensured(t, db)
	rows := make(points, 200)
	for i := range rows {
		rows[i] = wide(i, 0)
	}
	_, err := store.Insert(t.Context(), db, &store.Batch{Schema: keyed, Rows: rows})
	must(t, err)
	c := openForeign(t, db.Path())
	must(t, c.Exec("CREATE TRIGGER whenever AFTER UPDATE ON keyed WHEN new.n < 0 BEGIN SELECT RAISE(ABORT, 'no'); END"))

	release := holdLead(t, db)
	var wg sync.WaitGroup
	errs := make([]error, 3)
	for i := range errs {
		queued := db.file.queue.waitingFor(i + 1)
		b := &store.Batch{Schema: s, Rows: makePoints(10*i, 10)}
		if i == 1 {
			changed := make(points, len(rows))
			for i := range changed {
				changed[i] = wide(i, 1)
			}
			b = &store.Batch{Schema: keyed, Rows: changed, Mode: schema.Upsert}
		}
		wg.Go(func() { _, errs[i] = store.Insert(t.Context(), db, b) })
		<-queued
	}
	release()
	wg.Wait()
	if errs[0] != nil || !errors.Is(errs[1], ErrTempDir) || errs[2] != nil {
		t.Errorf("errors are %v, want ErrTempDir of the second batch only", errs)
	}
	wantPoints(t, db, s, append(makePoints(0, 10), makePoints(20, 10)...))
}
