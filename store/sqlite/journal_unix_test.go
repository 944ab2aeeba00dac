//go:build unix

package sqlite

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/galley-db/galley/internal/faultvfs"
	"github.com/galley-db/galley/store"
)

// TestJournalPermissions: the -journal, -wal and -shm files that exist while a
// database is created, backed up, vacuumed and cleared have the permissions asked
// for.
func TestJournalPermissions(t *testing.T) {
	for _, perm := range []fs.FileMode{0o600, 0o640} {
		v, opts := newFaults(t)
		opts.Perm = perm
		dir := t.TempDir()
		path := filepath.Join(dir, "test.db")
		journals, doing := map[string]bool{}, "Open"
		v.Watch(faultvfs.Any, func(faultvfs.Op, string) {
			entries, err := os.ReadDir(dir)
			must(t, err)
			for _, e := range entries {
				info, err := e.Info()
				if err != nil {
					continue // it is gone
				}
				if got := info.Mode().Perm(); got&^perm != 0 {
					t.Errorf("Perm %v: the mode of %s is %v during %s", perm, e.Name(), got, doing)
				}
				journals[doing] = journals[doing] || strings.HasSuffix(e.Name(), "-journal")
			}
		})
		db, err := Open(t.Context(), path, opts)
		must(t, err)
		s := ensured(t, db)
		_, err = store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 1000)})
		must(t, err)
		doing = "Backup"
		must(t, db.Backup(t.Context(), filepath.Join(dir, "copy.db"), nil))
		doing = "Vacuum"
		must(t, db.Vacuum(t.Context()))
		doing = "Clear"
		must(t, db.Clear(t.Context()))
		v.Watch(faultvfs.Any, nil)
		for _, call := range []string{"Open", "Backup", "Clear"} {
			if !journals[call] {
				t.Errorf("Perm %v: %s has no -journal, so the test proves nothing of it", perm, call)
			}
		}
	}
}
