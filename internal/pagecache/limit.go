// Package pagecache bounds the page cache of a database while many rows pass through
// it.
package pagecache

import (
	"context"

	"github.com/galley-db/galley/store"
)

// KiB bounds the page cache of a destination while rows pass through it. Most pages
// are written once, and a larger cache would only hold them.
const KiB = 16_000

// limiter is a destination with a page cache.
type limiter interface {
	LimitCache(ctx context.Context, kib int) (release func(), err error)
}

// Limit bounds the page cache of a destination, if it has one, until release is
// called.
func Limit(ctx context.Context, dst store.Backend) (release func(), err error) {
	if l, ok := dst.(limiter); ok {
		return l.LimitCache(ctx, KiB)
	}
	return func() {}, nil
}
