package sqlite

import (
	"context"
	"strconv"
)

// LimitCache bounds the writer's page cache until release is called. It is for work
// that passes once over many pages: an engine keeps the memory of a cache that has
// grown. While several limits hold, the lowest one counts, for all DBs of this
// process that have the file open. A limit above [Options.CacheKiB] changes nothing.
func (db *DB) LimitCache(ctx context.Context, kib int) (release func(), err error) {
	if err := db.writable(); err != nil {
		return nil, err
	}
	f, limit := db.file, &kib
	release = func() {
		_ = f.exclusively(context.WithoutCancel(ctx), func(w *writer) error { // a closed file has no cache
			delete(f.cacheLimits, limit)
			return w.resizeCache()
		})
	}
	err = f.exclusively(ctx, func(w *writer) error {
		f.cacheLimits[limit] = struct{}{}
		return w.resizeCache()
	})
	if err != nil {
		release()
		return nil, explain(f.path, err)
	}
	return release, nil
}

// cacheKiB is the size of the writer's page cache.
func (f *file) cacheKiB() int {
	kib := f.opts.CacheKiB
	for limit := range f.cacheLimits {
		kib = min(kib, *limit)
	}
	return kib
}

func (w *writer) resizeCache() error {
	return w.conn.Exec("PRAGMA cache_size=-" + strconv.Itoa(w.file.cacheKiB()))
}
