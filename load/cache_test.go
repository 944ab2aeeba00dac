package load

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/internal/pagecache"
	"github.com/galley-db/galley/store/sqlite"
)

// limited is a destination that records the limits of its page cache.
type limited struct {
	*sqlite.DB
	asked, released int
}

func (l *limited) LimitCache(ctx context.Context, kib int) (func(), error) {
	release, err := l.DB.LimitCache(ctx, kib)
	if kib == pagecache.KiB {
		l.asked++
	}
	return func() { l.released++; release() }, err
}

// TestLoadLimitsCache: an import holds few pages of the destination in memory, unless
// the table has an index, and leaves the cache as it was.
func TestLoadLimitsCache(t *testing.T) {
	dir := put(t, map[string]string{"a.csv": "n\n1\n"})
	for name, c := range map[string]struct {
		create func(db *limited)
		want   int
	}{
		"a new table": {func(*limited) {}, 1},
		"a table": {func(db *limited) {
			fixture.NewTable[struct{ N int64 }](t, db, "t", nil)
		}, 1},
		"a key": {func(db *limited) {
			fixture.NewTable[struct {
				N int64 `db:",key"`
			}](t, db, "t", nil)
		}, 0},
		"an index": {func(db *limited) {
			fixture.NewTable[struct {
				N int64 `db:",index"`
			}](t, db, "t", nil)
		}, 0},
	} {
		db := &limited{DB: fixture.NewDB(t)}
		c.create(db)
		res, err := Load(t.Context(), db, Options{Table: "t", Sources: []string{filepath.Join(dir, "a.csv")}})
		if err != nil || res.Rows() != 1 {
			t.Errorf("%s: %v", name, err)
		}
		if db.asked != c.want || db.released != c.want {
			t.Errorf("%s: the cache was limited %d times, and released %d times; want %d", name, db.asked, db.released, c.want)
		}
	}
}
