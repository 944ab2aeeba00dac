package load

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/galley-db/galley/backoff"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/internal/pagecache"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Load reads files into a table. Each file is stored once, under a key. A file
// that is stored already is skipped, so an import that was interrupted is
// simply run again. Errors of single files are in the result; the error
// returned concerns all of them.
//
// A table that does not exist is created, with columns of the types that hold
// all values of all sources, once a file is ready to be stored.
func Load(ctx context.Context, to store.Backend, opts Options) (*Report, error) {
	l := newLoading(to, opts)
	defer l.close()
	res, err := l.run(ctx)
	if err != nil {
		return res, fmt.Errorf("import into table %q: %w", opts.Table, err)
	}
	return res, nil
}

// wholeBytes is how many bytes of values a file may have to be stored whole.
const wholeBytes = 512 << 20

func newLoading(to store.Backend, opts Options) *loading {
	l := &loading{to: to, opts: opts, keep: keptBytes}
	l.opts.Workers = max(l.opts.Workers, 1)
	if l.opts.Retrier == nil {
		l.opts.Retrier = backoff.Exponential{}
	}
	if base, err := filepath.EvalSymlinks(opts.Base); err == nil {
		if base, err = filepath.Abs(base); err == nil && opts.Base != "" {
			l.opts.Base = base
		}
	}
	return l
}

// loading is one call of Load.
type loading struct {
	to       store.Backend
	opts     Options
	sources  []*source
	table    *schema.Schema
	inferred []InferredColumn
	strict   bool // for Infer, which does not read a second time
	parted   bool // long files may be stored in parts
	keep     int  // bytes of the values of a file that stay in memory

	creating sync.Mutex // of the table
	created  bool       // the table exists
	altered  bool       // this load has created it, or its new columns
	evolves  bool       // the table gets further columns

	mu       sync.Mutex // of what follows, and of the calls of Reject
	progress Progress
}

func (l *loading) close() {
	for _, s := range l.sources {
		if s.rows != nil {
			_ = s.rows.Close()
		}
		s.close()
	}
}

func (l *loading) run(ctx context.Context) (*Report, error) {
	if err := l.find(ctx); err != nil {
		return nil, err
	}
	res := &Report{Table: l.opts.Table, Files: make([]File, len(l.sources))}
	for i, s := range l.sources {
		res.Files[i] = File{Path: s.name}
		if info, err := os.Stat(s.path); err == nil {
			l.progress.TotalBytes += info.Size()
		}
	}
	l.progress.TotalFiles = len(l.sources)
	if err := l.prepare(ctx); err != nil {
		return nil, err
	}
	if !indexed(l.table) { // an index is written in no order, and needs its pages
		release, err := pagecache.Limit(ctx, l.to)
		if err != nil {
			return nil, err
		}
		defer release()
	}
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(l.opts.Workers, len(l.sources)) {
		wg.Go(func() {
			for i := range next {
				f := &res.Files[i]
				f.Err = l.file(ctx, f, l.sources[i])
				l.done(f)
			}
		})
	}
	for i := range res.Files {
		if ctx.Err() != nil {
			res.Files[i].Err = ctx.Err()
			continue
		}
		next <- i
	}
	close(next)
	wg.Wait()
	if res.Evolved = l.evolves; l.altered { // otherwise nothing of them is in the database
		res.Inferred = l.inferred
	}
	return res, ctx.Err()
}

// indexed reports whether a table has an index.
func indexed(s *schema.Schema) bool {
	return slices.ContainsFunc(s.Columns(), func(c schema.Column) bool { return c.Key || c.Unique != "" || c.Index != "" })
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

// looked reports how many rows were looked at for their types.
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

// prepare finds the table, or what it will be.
func (l *loading) prepare(ctx context.Context) error {
	have, err := l.to.Describe(ctx, l.opts.Table)
	if err != nil {
		return err
	}
	if have != nil {
		if err := l.checkTypes(have); err != nil {
			return err
		}
	}
	switch {
	case have == nil && l.opts.Schema != nil:
		have, err = l.opts.Schema.Named(l.opts.Table)
	case have == nil:
		have, err = l.infer(ctx)
	case l.opts.Evolve:
		have, err = l.evolved(ctx, have)
	default:
		l.created = true
	}
	if err != nil {
		return err
	}
	l.table = have
	if err := l.checkMode(have); err != nil {
		return err
	}
	l.parted = len(have.Key()) == 0 && len(have.Uniques()) == 0 &&
		!slices.ContainsFunc(have.Columns(), func(c schema.Column) bool { return c.Check != "" })
	if l.opts.Replace && have.Batch() < 0 {
		return fmt.Errorf("%w, so galley cannot find the rows of a file to replace them; import into a new table with a batch column", store.ErrNoBatchColumn)
	}
	return nil
}

// evolved is a table with the columns of the sources that it lacks.
func (l *loading) evolved(ctx context.Context, have *schema.Schema) (*schema.Schema, error) {
	found, err := l.infer(ctx)
	if err != nil {
		return nil, err
	}
	columns, types := slices.Clone(have.Columns()), map[string]string{}
	for _, c := range found.Columns() {
		if _, ok := have.Column(c.Name); !ok && !c.Batch {
			c.Nullable = true // in the stored rows
			columns, types[c.Name] = append(columns, c), c.Spec()
		}
	}
	var added []InferredColumn
	for _, c := range l.inferred {
		if spec, ok := types[c.Name]; ok {
			added = append(added, InferredColumn{Name: c.Name, Type: spec, Why: c.Why})
		}
	}
	l.evolves, l.inferred, l.created = true, added, len(added) == 0
	return schema.New(have.Name(), columns)
}

// create creates the table, or its new columns, unless it was done.
func (l *loading) create(ctx context.Context) error {
	l.creating.Lock()
	defer l.creating.Unlock()
	if l.created {
		return nil
	}
	how := store.Strict
	if l.opts.Evolve {
		how = store.Additive
	}
	err := l.opts.Retrier.Do(ctx, func(ctx context.Context) error {
		return l.to.Ensure(ctx, l.table, how)
	}, l.to.Retryable)
	l.created, l.altered = err == nil, err == nil
	return inFiles(err)
}

// textOptions are the settings for a source.
func (l *loading) textOptions(s *source) formats.TextOptions {
	opts := formats.TextOptions{Table: l.opts.Table, Comma: l.opts.Comma, NoHeader: l.opts.NoHeader, Rename: l.opts.Columns, Nulls: l.opts.Nulls, Partitions: map[string]string{}}
	columns, folders := map[string]bool{}, formats.Partitions(s.name)
	for _, name := range slices.Sorted(maps.Keys(folders)) {
		column := opts.Renamed(name)
		if folded := strings.ToLower(column); !columns[folded] { // P=1/p=1 is one column
			columns[folded], opts.Partitions[column] = true, folders[name]
		}
	}
	if opts.Comma == 0 && strings.Contains(strings.ToLower(filepath.Base(s.name)), ".tsv") {
		opts.Comma = '\t'
	}
	return opts
}

// open opens a source with the table's columns.
func (l *loading) open(ctx context.Context, s *source, opts formats.TextOptions) (formats.Decoder, error) {
	if s.format == formats.Parquet {
		d, err := s.parquet()
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
	in, err := s.text(ctx)
	if err != nil {
		return nil, err
	}
	d, err := s.format.TextDecoder(in, l.table, opts)
	if err != nil {
		_ = in.Close()
		return nil, err
	}
	return d, nil
}
