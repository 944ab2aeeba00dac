package load

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/galley-db/galley/backoff"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Load reads files into a table. Each file is stored once, under a key, and
// whole or not at all: a file that already exists is skipped, so that an
// import that was interrupted is simply run again. What fails is in the
// result, file by file; the error is of what concerns all of them.
//
// A table that is not there is made, with columns of the types that fit all
// values of all sources.
func Load(ctx context.Context, to store.Backend, opts Options) (*Report, error) {
	l := &loading{to: to, opts: opts}
	if l.opts.Workers < 1 {
		l.opts.Workers = 1
	}
	if l.opts.PartRows < 1 {
		l.opts.PartRows = 50_000
	}
	if l.opts.Retrier == nil {
		l.opts.Retrier = backoff.Exponential{}
	}
	if l.opts.Key == nil {
		l.opts.Key = filepath.ToSlash
	}
	res, err := l.run(ctx)
	if err != nil {
		return res, fmt.Errorf("import into table %q: %w", opts.Table, err)
	}
	return res, nil
}

// loading is one call of Load.
type loading struct {
	to     store.Backend
	opts   Options
	table  *schema.Schema
	parted bool // long files may be stored in parts

	mu       sync.Mutex // of what follows, and of the calls of Reject
	progress Progress
}

func (l *loading) run(ctx context.Context) (*Report, error) {
	paths, err := expand(l.opts.Sources)
	if err != nil {
		return nil, err
	}
	res := &Report{Table: l.opts.Table, Files: make([]File, len(paths))}
	for i, path := range paths {
		res.Files[i] = File{Path: path, Key: l.opts.Key(path)}
		if info, err := os.Stat(path); err == nil {
			l.progress.TotalBytes += info.Size()
		}
	}
	l.progress.TotalFiles = len(paths)
	if err := l.prepare(ctx, paths); err != nil {
		return nil, err
	}
	next := make(chan *File)
	var wg sync.WaitGroup
	for range min(l.opts.Workers, len(paths)) {
		wg.Go(func() {
			for f := range next {
				f.Err = l.file(ctx, f)
				l.done(f)
			}
		})
	}
	for i := range res.Files {
		if ctx.Err() != nil {
			res.Files[i].Err = ctx.Err()
			continue
		}
		next <- &res.Files[i]
	}
	close(next)
	wg.Wait()
	return res, ctx.Err()
}

// done counts a file.
func (l *loading) done(f *File) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.progress.Files++
	if info, err := os.Stat(f.Path); err == nil {
		l.progress.Bytes += info.Size()
	}
	l.report(0)
}

// looked says how many rows were looked at for their types.
func (l *loading) looked(rows int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.progress.Looked = rows
	l.report(0)
}

// stored counts rows.
func (l *loading) stored(rows int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.report(rows)
}

func (l *loading) report(rows int64) {
	l.progress.Rows += rows
	if l.opts.Progress != nil {
		l.opts.Progress(l.progress)
	}
}

// expand finds the files of patterns, each once.
func expand(sources []string) ([]string, error) {
	var paths []string
	for _, source := range sources {
		if info, err := os.Stat(source); err == nil && !info.IsDir() {
			paths = append(paths, source)
			continue
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

// prepare finds the table, or makes it.
func (l *loading) prepare(ctx context.Context, paths []string) error {
	have, err := l.to.Describe(ctx, l.opts.Table)
	if err != nil {
		return err
	}
	if have == nil {
		if have = l.opts.Schema; have == nil {
			if have, err = l.infer(ctx, paths); err != nil {
				return err
			}
		}
		if have, err = have.Named(l.opts.Table); err != nil {
			return err
		}
		err = l.opts.Retrier.Do(ctx, func(ctx context.Context) error {
			return l.to.Ensure(ctx, have, store.Strict)
		}, l.to.Retryable)
		if err != nil {
			return err
		}
	}
	l.table = have
	l.parted = len(have.Key()) == 0 && len(have.Uniques()) == 0 &&
		!slices.ContainsFunc(have.Columns(), func(c schema.Column) bool { return c.Check != "" })
	return nil
}

// open opens a source with the table's columns.
func (l *loading) open(path string, bad func(int64, []byte, error) error) (formats.Decoder, error) {
	f, opts, err := l.format(path)
	if err != nil {
		return nil, err
	}
	opts.Bad = bad
	if f == formats.Parquet {
		d, err := formats.OpenParquet(path)
		if err != nil {
			return nil, err
		}
		c, err := formats.Convert(d, l.table, opts)
		if err != nil {
			_ = d.Close()
			return nil, err
		}
		return c, nil
	}
	in, err := formats.OpenText(path)
	if err != nil {
		return nil, err
	}
	d, err := f.TextDecoder(in, l.table, opts)
	if err != nil {
		_ = in.Close()
		return nil, err
	}
	return d, nil
}
