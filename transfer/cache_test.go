package transfer

import (
	"context"
	"testing"

	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/internal/pagecache"
	"github.com/galley-db/galley/spool"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
)

// limited is a destination that records the limits of its page cache.
type limited struct {
	*sqlite.DB
	asked, released int
	kib             int
}

func (l *limited) LimitCache(ctx context.Context, kib int) (func(), error) {
	release, err := l.DB.LimitCache(ctx, kib)
	l.asked, l.kib = l.asked+1, kib
	return func() { l.released++; release() }, err
}

// Merge, Collect and Copy hold few pages of the destination in memory, however large
// it is, and leave its cache as it was.
func TestTransferLimitsCache(t *testing.T) {
	a := newShard(t)
	add(a, "a", measureRows(0, 3)...)
	sp, err := spool.Open(t.Context(), t.TempDir()+"/spool", spool.Options{})
	if err != nil {
		t.Fatal(err)
	}
	addTo(t, sp, "b", measureRows(3, 2)...)
	for name, work := range map[string]func(context.Context, store.Backend) error{
		"merge": func(ctx context.Context, dst store.Backend) error {
			_, err := Merge(ctx, dst, []string{a.path}, MergeOptions{})
			return err
		},
		"collect": func(ctx context.Context, dst store.Backend) error {
			_, err := Collect(ctx, dst, []string{sp.Path()}, CollectOptions{})
			return err
		},
		"copy": func(ctx context.Context, dst store.Backend) (err error) {
			a.do(func(src *sqlite.DB) { _, err = Copy(ctx, src, dst, CopyOptions{}) })
			return err
		},
	} {
		dst := &limited{DB: fixture.NewDB(t)}
		if err := work(t.Context(), dst); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if dst.asked != 1 || dst.released != 1 || dst.kib != pagecache.KiB {
			t.Errorf("%s: the cache was limited to %d KiB %d times, and released %d times", name, dst.kib, dst.asked, dst.released)
		}
	}
}
