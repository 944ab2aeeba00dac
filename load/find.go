package load

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/galley-db/galley/internal/formats"
)

// find finds the files of the patterns.
func (l *loading) find(ctx context.Context) error {
	paths, err := expand(l.opts.Sources, l.opts.Files)
	if err != nil {
		return err
	}
	bySize := map[int64][]*source{}
	for _, path := range paths {
		s := &source{name: path, path: path}
		if file, ok := l.opts.Files[path]; ok {
			s.path = file
		}
		if path == "-" {
			if l.opts.Stdin == nil {
				return fmt.Errorf("%w: - stands for standard input, and there is none", ErrNoSource)
			}
			s.in = l.opts.Stdin
		}
		if info, err := os.Stat(s.path); s.in == nil && err == nil && info.Mode().IsRegular() {
			for _, other := range bySize[info.Size()] {
				if first, err := os.Stat(other.path); err == nil && os.SameFile(first, info) {
					s.same = other.name
				}
			}
			bySize[info.Size()] = append(bySize[info.Size()], s)
		}
		l.sources = append(l.sources, s)
	}
	for _, s := range l.sources {
		opts := l.textOptions(s)
		if err := formats.CheckPartitions(s.name, opts.Renamed); err != nil {
			return err
		}
		if err := l.chooseFormat(ctx, s); err != nil {
			return err
		}
	}
	return l.checkCSV()
}

// chooseFormat finds out a source's format. Of what has no name that says it,
// the first bytes do.
func (l *loading) chooseFormat(ctx context.Context, s *source) (err error) {
	if l.opts.Format != "" && s.path == s.name {
		s.format, err = formats.ParseFormat(l.opts.Format)
		return err
	}
	if s.format, err = formats.Of(s.path); err == nil {
		return nil
	}
	info, statErr := os.Stat(s.path)
	if s.in == nil && statErr == nil && info.Mode().IsRegular() {
		// The first bytes may say better what is wrong than the name does.
		return cmp.Or(s.recognize(), err)
	}
	if s.in == nil && statErr != nil {
		return err
	}
	return s.read(ctx, func() (err error) {
		s.format, err = s.guessFormat(ctx)
		return err
	})
}

// expand finds the files of patterns, each spelling once.
func expand(sources []string, files map[string]string) ([]string, error) {
	var paths []string
	for _, source := range sources {
		info, err := os.Stat(source)
		_, given := files[source]
		switch {
		case given, source == "-", err == nil && !info.IsDir():
			paths = append(paths, source)
			continue
		case err == nil:
			return nil, fmt.Errorf("%s: %w; name its files, as in %s", source, ErrFolder, filepath.Join(source, "*.csv"))
		}
		found, err := filepath.Glob(source)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", source, err)
		}
		found = slices.DeleteFunc(found, func(path string) bool {
			info, err := os.Stat(path)
			return err == nil && info.IsDir()
		})
		if len(found) == 0 {
			return nil, fmt.Errorf("%s: %w", source, ErrNoSource)
		}
		paths = append(paths, found...)
	}
	seen := map[string]bool{}
	paths = slices.DeleteFunc(paths, func(path string) bool {
		again := seen[path]
		seen[path] = true
		return again
	})
	if len(paths) == 0 {
		return nil, fmt.Errorf("no source is named: %w", ErrNoSource)
	}
	return paths, nil
}
