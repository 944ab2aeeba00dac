package load

import (
	"fmt"
	"slices"

	"github.com/galley-db/galley/internal/ownkey"
	"github.com/galley-db/galley/store"
)

// others are the keys under which another import may store the same file, or what it
// was before. What the ledger had when this import looked is no longer certain when
// it stores, so the database compares once more, for each batch: it finds the parts
// that were passed, and those that are replaced.
func (l *loading) others(f *File, s *source, passed map[string]bool) *store.Others {
	prefix, ours := f.Key, func(key string) bool { return key == f.Key || isPart(key, f.Key) }
	if name, ok := ownkey.ImportedName(f.Key); ok && l.opts.Key == nil && !s.copied {
		prefix, ours = name+"@", func(key string) bool { return isOf(key, name) }
	}
	return &store.Others{Prefix: prefix, Check: func(keys []string) error {
		there := 0
		for _, key := range keys {
			switch {
			case !ours(key) || slices.Contains(s.replaces.others, key):
			case passed[key]:
				there++
			default:
				return fmt.Errorf("%w: %s was stored after this import began", ErrAtOnce, key)
			}
		}
		if there < len(passed) {
			return fmt.Errorf("%w: %d parts of %s that this import relies on were removed", ErrAtOnce, len(passed)-there, f.Key)
		}
		return nil
	}}
}
