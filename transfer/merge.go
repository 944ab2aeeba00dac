package transfer

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/galley-db/galley/backoff"
	"github.com/galley-db/galley/internal/pagecache"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// OnConflict says what a [Merge] does with a batch whose key the destination has
// with other content.
type OnConflict uint8

const (
	// Fail returns a *[ConflictError].
	Fail OnConflict = iota
	// Keep leaves the destination's batch, and skips the source's.
	Keep
	// Replace puts the source's batch in the place of the destination's. The
	// table needs a batch column.
	Replace
)

// MergeOptions are the settings of [Merge]. The zero value merges all tables, and
// fails where something is in the way.
type MergeOptions struct {
	// OnConflict is for keys that both sides have with other content.
	OnConflict OnConflict
	// Mode is for rows of a table with a key (tag option key): Append fails where
	// the destination has a row of the same key, Upsert changes that row, Ignore
	// leaves it. Tables without a key append their rows in every Mode.
	Mode schema.Mode
	// Evolve says what becomes of a table of the destination whose columns
	// differ from those of a source; zero changes nothing.
	Evolve store.Evolution
	// Expect are the batches and files that should be in the destination in the
	// end. An Expected without a Table is also found if its Key is the name of a
	// merged file, with or without its folder and its extension.
	Expect []Expected
	// Remove deletes each source after its rows were found in the destination.
	Remove bool
	// Jobs is the number of sources that are merged at once; 0 means one into a
	// file, and four into a server.
	Jobs int
	// BatchRows is the number of rows in a transaction where rows are not moved
	// as whole cells; 0 means 50,000.
	BatchRows int
	// TempDir is the folder for copies of sources; "" means the system's.
	TempDir string
	// Retrier decides when a batch is tried again; nil takes
	// backoff.Exponential{}.
	Retrier backoff.Retrier
	// Progress, unless nil, is called now and then, from one goroutine at a
	// time.
	Progress func(MergeReport)
}

// MergeReport counts what a [Merge] did.
type MergeReport struct {
	Sources   int64 `json:"sources"`   // that were merged, with those that had nothing new
	Batches   int64 `json:"batches"`   // with a key, stored in the destination
	Rows      int64 `json:"rows"`      // new in the destination
	Changed   int64 `json:"changed"`   // rows changed by Upsert
	Unchanged int64 `json:"unchanged"` // rows that Upsert or Ignore found there
	Rejected  int64 `json:"rejected"`  // rows of quarantines, carried over
	Present   int64 `json:"present"`   // batches that the destination had with the same content
	Kept      int64 `json:"kept"`      // batches left as they were in the destination, by Keep
	Replaced  int64 `json:"replaced"`  // batches of the destination, by Replace
	// Removed are the sources that were deleted, and Left those that Remove did
	// not delete.
	Removed []string  `json:"removed"`
	Left    []Refused `json:"left"`
	// Missing are those of Expect that are not in the destination.
	Missing []Expected `json:"missing"`
	// Collected is what was collected from sources that are spools, nil without
	// any.
	Collected *CollectReport `json:"collected,omitempty"`
}

// Merge merges files into one database, a file or on a server. A source is the
// path of a galley file, a pattern of paths, or the folder of a spool, which
// [Collect] collects (and leaves as it is, without Remove).
//
// Batches keep their keys, numbers of rows and times, and quarantined rows stay in
// quarantine. A key that the destination has with the same content is skipped.
// One with other content is a *[ConflictError]. Rows without a key are merged
// once for each source: the destination records how far each source was merged, by
// the file's own id, so a source that has grown gives its new rows only.
// A row that a source has changed or removed since it was merged is an error.
//
// A table without a batch column (tag option batch) does not record which rows are
// of which batch. If such a table has keys on both sides, Merge goes by the order
// of the rows, which is that of the keys, and fails where that does not add up.
//
// Merge may be killed, run again, and run twice at once: each batch is stored
// once. Sources are opened read-only and never changed. One that another process
// has open is read in one snapshot, from a copy, and so is one that is on a
// network file system or whose folder is read-only.
//
// All columns are compared before anything is written, and all differences are in
// one *[ColumnsError]. The destination's disk must have room for the sources.
func Merge(ctx context.Context, dst store.Backend, sources []string, opts MergeOptions) (*MergeReport, error) {
	if opts.Mode > schema.Ignore || opts.OnConflict > Replace || opts.Evolve > store.Rebuild {
		return nil, fmt.Errorf("merge: %w: Mode %d, OnConflict %d, Evolve %d", store.ErrOptions, opts.Mode, opts.OnConflict, opts.Evolve)
	}
	if d, ok := dst.(distributed); ok && d.DistributeBy() != "" {
		return nil, fmt.Errorf("merge: %w: the destination spreads tables over servers; merge into a file, and copy it there", store.ErrOptions)
	}
	if opts.Retrier == nil {
		opts.Retrier = backoff.Exponential{}
	}
	if opts.BatchRows < 1 {
		opts.BatchRows = 50_000
	}
	m := &merging{dst: dst, opts: opts, report: MergeReport{Removed: []string{}, Left: []Refused{}, Missing: []Expected{}}}
	m.file, _ = dst.(attacher)
	if m.opts.Jobs < 1 {
		m.opts.Jobs = 4
		if m.file != nil {
			m.opts.Jobs = 1
		}
	}
	err := m.run(ctx, sources)
	report := m.snapshot()
	if err != nil {
		return &report, fmt.Errorf("merge: %w", err)
	}
	return &report, nil
}

// merging is one call of Merge.
type merging struct {
	dst  store.Backend
	file attacher // dst, nil for a server
	opts MergeOptions

	loads loads

	mu     sync.Mutex
	report MergeReport
}

func (m *merging) tally(add func(*MergeReport)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	add(&m.report)
	if m.opts.Progress != nil {
		m.opts.Progress(m.report)
	}
}

func (m *merging) snapshot() MergeReport {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.report
}

func (m *merging) run(ctx context.Context, names []string) (err error) {
	paths, spools, err := m.resolve(names)
	if err != nil {
		return err
	}
	all := make([]*source, len(paths))
	for i, path := range paths {
		all[i] = &source{path: path}
	}
	defer func() {
		for _, s := range all {
			err = errors.Join(err, s.discard())
		}
	}()
	if err := m.room(all); err != nil {
		return err
	}
	if err := m.each(ctx, all, prepareAtOnce, func(ctx context.Context, s *source) error { return s.prepare(ctx, m.opts.TempDir) }); err != nil {
		return err
	}
	release, err := pagecache.Limit(ctx, m.dst)
	if err != nil {
		return err
	}
	defer release()
	if err := m.move(ctx, all); err != nil {
		return err
	}
	if err := m.collect(ctx, spools); err != nil {
		return err
	}
	if m.opts.Remove {
		if err := m.remove(ctx, all); err != nil {
			return err
		}
	}
	return m.expect(ctx)
}

// move moves the rows of the sources, and creates the indexes of the tables that are
// new.
func (m *merging) move(ctx context.Context, all []*source) (err error) {
	defer func() { err = m.loads.finish(ctx, m.dst, m.opts.Retrier, err) }()
	if err := m.columns(ctx, all); err != nil {
		return err
	}
	for i := 1; i < len(all); i++ {
		all[i-1].next = all[i]
	}
	return m.each(ctx, all, m.opts.Jobs, m.source)
}

// prepareAtOnce is the number of sources that are looked at at once, before
// anything is written.
const prepareAtOnce = 4

// each calls work for the sources, jobs at once, and returns the first error.
func (m *merging) each(ctx context.Context, all []*source, jobs int, work func(context.Context, *source) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var working sync.WaitGroup
	slots := make(chan struct{}, jobs)
	for _, s := range all {
		slots <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		working.Go(func() {
			defer func() { <-slots }()
			if err := work(ctx, s); err != nil {
				cancel(fmt.Errorf("%s: %w", s.path, err))
			}
		})
	}
	working.Wait()
	return context.Cause(ctx)
}

// source merges one source, table by table. Where sources are merged one by one,
// the next is opened meanwhile, which takes milliseconds.
func (m *merging) source(ctx context.Context, s *source) error {
	if s.failed != nil {
		return s.failed
	}
	if s.next != nil && m.opts.Jobs == 1 {
		var opening sync.WaitGroup
		defer opening.Wait()
		opening.Go(func() { s.next.failed = s.next.open(ctx, m.opts.TempDir) })
	}
	for _, t := range s.tables {
		if err := m.table(ctx, s, t); err != nil {
			return err
		}
	}
	m.tally(func(r *MergeReport) { r.Sources++ })
	return s.close()
}

// collect collects from the sources that are spools.
func (m *merging) collect(ctx context.Context, spools []string) error {
	if len(spools) == 0 {
		return nil
	}
	report, err := Collect(ctx, m.dst, spools, CollectOptions{Evolve: m.opts.Evolve, Keep: !m.opts.Remove, Retrier: m.opts.Retrier})
	m.tally(func(r *MergeReport) { r.Collected = report })
	return err
}
