package sqlite

import (
	"context"
	"strconv"
	"sync"
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
	resize := func(ctx context.Context) error {
		return f.exclusively(ctx, func(w *writer) error { return w.resizeCache() })
	}
	f.cacheLimits.set(limit)
	release = func() {
		f.cacheLimits.remove(limit)
		_ = resize(context.WithoutCancel(ctx)) // without a connection: the next one gets its size
	}
	if err := resize(ctx); err != nil {
		release()
		return nil, explain(f.path, err)
	}
	return release, nil
}

// cacheLimits are the limits of a file's page cache that hold, in KiB.
type cacheLimits struct {
	mu  sync.Mutex
	all map[*int]struct{}
}

func (l *cacheLimits) set(kib *int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == nil {
		l.all = map[*int]struct{}{}
	}
	l.all[kib] = struct{}{}
}

func (l *cacheLimits) remove(kib *int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.all, kib)
}

// least returns the lowest limit, kib without one below it.
func (l *cacheLimits) least(kib int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	for limit := range l.all {
		kib = min(kib, *limit)
	}
	return kib
}

// cacheKiB is the size of the writer's page cache.
func (f *file) cacheKiB() int { return f.cacheLimits.least(f.opts.CacheKiB) }

func (w *writer) resizeCache() error {
	return w.conn.Exec("PRAGMA cache_size=-" + strconv.Itoa(w.file.cacheKiB()))
}
