package load

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/galley-db/galley/internal/ownkey"
	"github.com/galley-db/galley/store"
)

// prefixed returns the keys that begin like this.
func (l *loading) prefixed(ctx context.Context, prefix string) (keys []string, err error) {
	for b, err := range l.to.Batches(ctx, store.BatchFilter{Table: l.opts.Table, Prefix: prefix}) {
		if err != nil {
			return nil, err
		}
		keys = append(keys, b.Key)
	}
	return keys, nil
}

// has reports whether the batch of this key is stored.
func (l *loading) has(ctx context.Context, key string) (bool, error) {
	_, err := store.FindBatch(ctx, l.to, l.opts.Table, key)
	if errors.Is(err, store.ErrNoBatch) {
		return false, nil
	}
	return err == nil, err
}

// known finds a file's key, and reports whether it is stored. It returns
// ErrSourceDiffers where another content of the file is, unless that must be
// replaced: then it leaves in f the keys that the file takes the place of.
func (l *loading) known(ctx context.Context, f *File, s *source) (bool, error) {
	if l.opts.Key != nil {
		f.Key = l.opts.Key(s.name)
		there, err := l.has(ctx, f.Key)
		if err == nil && l.opts.Replace {
			s.replaces.own = there
			s.replaces.others, err = l.partKeys(ctx, f.Key)
			return false, err
		}
		if there {
			f.Note = "the key " + f.Key + " is stored"
		}
		return there, err
	}
	label := s.label(l.opts.Base)
	f.Key = ownkey.Imported(label, s.size, s.sum)
	if s.copied && l.opts.Replace {
		return false, fmt.Errorf("%s: %w; give the batch a key (--key), under which Replace finds it", s.name, ErrNoName)
	}
	there, err := l.has(ctx, f.Key)
	if err != nil {
		return false, err
	}
	if there {
		f.Note = "the same content is stored"
	}
	if s.copied {
		return there, nil // what comes by a pipe is known by its content only
	}
	all, err := l.prefixed(ctx, label+"@")
	all = slices.DeleteFunc(all, func(key string) bool { return key == f.Key || !isOf(key, label) })
	others := slices.DeleteFunc(slices.Clone(all), func(key string) bool { return strings.HasPrefix(key, f.Key+"#") })
	if err == nil && len(others) == 0 && !there {
		err = l.older(ctx, s, label)
	}
	if err != nil || len(others) == 0 && (there || !l.opts.Replace) {
		return there, err
	}
	if l.opts.Replace { // parts that an interruption left, too
		f.Note, s.replaces = "", replaced{own: there, others: all}
		return false, nil
	}
	// The parts of a file that is stored whole keep their keys.
	whole := slices.IndexFunc(others, func(key string) bool { _, part := ownkey.WholeOf(key); return !part })
	if whole < 0 {
		old, _ := ownkey.WholeOf(others[0])
		return false, fmt.Errorf("%w: %d parts of %s were stored before an interruption, and the file is %s now; restore the file, or replace the parts", ErrSourceChanged, len(others), old, f.Key)
	}
	return false, fmt.Errorf("%w: %s is stored, and the file is %s now; replace the stored rows, or import the file under its own key", ErrSourceDiffers, others[whole], f.Key)
}

// replaced are the batches that a file takes the place of.
type replaced struct {
	own    bool     // the batch under its own key
	others []string // the keys of other contents of the file, and of parts
}

func (r *replaced) any() bool { return r.own || len(r.others) > 0 }

// older refuses a file that an older version of galley stored, which kept the
// path only: the content cannot be compared.
func (l *loading) older(ctx context.Context, s *source, label string) error {
	for _, key := range []string{filepath.ToSlash(s.name), label} {
		there, err := l.has(ctx, key)
		if err != nil {
			return err
		}
		if there {
			return fmt.Errorf("%w: an older version of galley stored it under the key %s, without a checksum; if the file is the same, do nothing, otherwise import it under its own key", ErrSourceDiffers, key)
		}
	}
	return nil
}

// begun reports whether parts of a file are stored, whatever their content is.
func (l *loading) begun(ctx context.Context, f *File) (bool, error) {
	keys, err := l.partKeys(ctx, f.Key)
	return len(keys) > 0, err
}

// partKeys are the keys of the stored parts of a file.
func (l *loading) partKeys(ctx context.Context, key string) ([]string, error) {
	keys, err := l.prefixed(ctx, key+"#")
	return slices.DeleteFunc(keys, func(part string) bool { return !isPart(part, key) }), err
}

// isPart reports whether a key is that of a part of the file with a key.
func isPart(part, key string) bool {
	whole, ok := ownkey.WholeOf(part)
	return ok && whole == key
}

// isOf reports whether a key is that of some content of the file with a name, or of
// a part of it. Other files and callers may have keys that begin with the name.
func isOf(key, label string) bool {
	name, ok := ownkey.ImportedName(key)
	return ok && name == label
}

// consistent returns the rows that the stored parts of a file end with, in order. It
// returns ErrSourceChanged if there are parts of another content.
func (l *loading) consistent(ctx context.Context, key, sum string) (ends []int64, err error) {
	keys, err := l.partKeys(ctx, key)
	if err != nil {
		return nil, err
	}
	for _, part := range keys {
		_, row, _ := strings.Cut(part[len(key):], "-")
		end, err := strconv.ParseInt(row, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%w: %s is stored: %w", ErrOtherParts, part, err)
		}
		if part != ownkey.ImportedPart(key, sum, end) {
			return nil, fmt.Errorf("%w: %s was stored before an interruption; restore the file, or import it into another table", ErrSourceChanged, part)
		}
		ends = append(ends, end)
	}
	slices.Sort(ends)
	return ends, nil
}
