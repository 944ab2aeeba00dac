package transfer

import (
	"context"

	"github.com/galley-db/galley/store"
)

// cacheKiB bounds the page cache of a destination while rows pass through it. Most
// pages are written once, and a larger cache would only hold them.
const cacheKiB = 16_000

// limiter is a destination with a page cache.
type limiter interface {
	LimitCache(ctx context.Context, kib int) (release func(), err error)
}

// limitCache bounds the page cache of a destination, if it has one.
func limitCache(ctx context.Context, dst store.Backend) (release func(), err error) {
	if l, ok := dst.(limiter); ok {
		return l.LimitCache(ctx, cacheKiB)
	}
	return func() {}, nil
}
