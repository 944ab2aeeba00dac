package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/galley-db/galley/store"
)

// TestLongPaths: a path of the greatest length works, also for a backup, and one
// byte more is ErrPathTooLong before a file is created.
func TestLongPaths(t *testing.T) {
	deep := func(n int) string { // a path of n bytes
		dir := t.TempDir()
		for n-len(dir) > 250 {
			dir = filepath.Join(dir, strings.Repeat("d", 100))
		}
		must(t, os.MkdirAll(dir, 0o700))
		name := n - len(dir) - 1
		if half := name / 2; name > 200 {
			dir = filepath.Join(dir, strings.Repeat("e", half))
			must(t, os.Mkdir(dir, 0o700))
			name -= half + 1
		}
		return filepath.Join(dir, strings.Repeat("n", name))
	}
	named := func(n int) string { return filepath.Join(t.TempDir(), strings.Repeat("n", n)) }
	const more = len(longestSuffix) + len(newSuffix) + newDigits
	for what, make := range map[string]func(int) string{"path": deep, "name": named} {
		most := map[string]int{"path": maxPath - 1 - more, "name": maxName - more}[what]
		path := make(most)
		db := openTest(t, path, Options{})
		s := ensured(t, db)
		_, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 10)})
		must(t, err)
		must(t, db.Backup(t.Context(), make(most), nil))
		must(t, db.Vacuum(t.Context()))
		for _, n := range []int{most + 1, most + more, most + more + 1} {
			long := make(n)
			if _, err := Open(t.Context(), long, Options{}); !errors.Is(err, ErrPathTooLong) {
				t.Errorf("a %s of %d bytes: error is %v, want ErrPathTooLong", what, n, err)
			}
			if err := db.Backup(t.Context(), long, nil); !errors.Is(err, ErrPathTooLong) {
				t.Errorf("a backup with a %s of %d bytes: error is %v, want ErrPathTooLong", what, n, err)
			}
			if left := names(t, filepath.Dir(long)); len(left) != 0 {
				t.Errorf("files were created: %v", left)
			}
		}
		must(t, db.Close())
		longer := make(most + more - len(longestSuffix)) // an existing file may have it
		must(t, os.Rename(path, longer))
		openTest(t, longer, Options{})
	}
	if _, err := Open(t.Context(), filepath.Join(t.TempDir(), strings.Repeat("n", 300)), Options{}); !errors.Is(err, ErrPathTooLong) {
		t.Errorf("a name of 300 bytes: error is %v, want ErrPathTooLong", err)
	}
}
