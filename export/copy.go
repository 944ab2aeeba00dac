package export

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/galley-db/galley/backoff"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// CopyOptions are the settings of [Copy]. The zero value copies all tables.
type CopyOptions struct {
	// Tables to copy; none means all.
	Tables []string
	// BatchRows is the number of rows in a transaction, 0 means 50,000.
	BatchRows int
	// Retrier decides when a batch is tried again; nil takes
	// backoff.Exponential{}.
	Retrier backoff.Retrier
	// Progress, unless nil, is told now and then how far a table is.
	Progress func(CopyProgress)
}

// CopyProgress is how far a table is.
type CopyProgress struct {
	Table string
	Step  string // "copy" or "verify"
	Rows  int64
	Total int64
}

// CopiedTable says what became of a table.
type CopiedTable struct {
	Table   string `json:"table"`
	Rows    int64  `json:"rows"`    // in the table, on both sides
	New     int64  `json:"new"`     // of these, copied by this call
	Batches int64  `json:"batches"` // keys of the ledger that were carried over
}

// CopyError says that a copy, read back, is not what was copied.
type CopyError struct {
	Table  string
	Reason string
}

// Error names the table.
func (e *CopyError) Error() string {
	return fmt.Sprintf("the copy of table %q is not like the original: %s", e.Table, e.Reason)
}

// Copy copies tables from one backend to another: makes them, adds the rows in
// batches, each once, and reads both sides to compare the number of rows and
// a sum over all values, in which order does not count. Then the keys of the
// batches that are stored are carried over, without rows, so that a pipeline
// finds its tasks done. An interrupted copy is simply run again.
//
// The source must not change meanwhile, and the tables of the destination
// must hold nothing else: both show as a *CopyError.
func Copy(ctx context.Context, from, to store.Backend, opts CopyOptions) ([]CopiedTable, error) {
	c := &copying{from: from, to: to, opts: opts}
	if c.opts.BatchRows < 1 {
		c.opts.BatchRows = 50_000
	}
	if c.opts.Retrier == nil {
		c.opts.Retrier = backoff.Exponential{}
	}
	names := opts.Tables
	if len(names) == 0 {
		l, ok := from.(lister)
		if !ok {
			return nil, errors.New("copy: name the tables, the source does not list them")
		}
		tables, err := l.Tables(ctx)
		if err != nil {
			return nil, fmt.Errorf("copy: %w", err)
		}
		for _, t := range tables {
			names = append(names, t.Name())
		}
	}
	var done []CopiedTable
	for _, name := range names {
		t, err := c.table(ctx, name)
		if err != nil {
			return done, fmt.Errorf("copy table %q: %w", name, err)
		}
		done = append(done, t)
	}
	return done, nil
}

// copying is one call of Copy.
type copying struct {
	from, to store.Backend
	opts     CopyOptions
}

func (c *copying) table(ctx context.Context, name string) (CopiedTable, error) {
	t := CopiedTable{Table: name}
	s, err := c.from.Describe(ctx, name)
	if err != nil {
		return t, err
	}
	if s == nil {
		return t, &TableError{Table: name}
	}
	total, err := countRows(ctx, c.from, name, "", nil)
	if err != nil {
		return t, err
	}
	if err := c.retry(ctx, func(ctx context.Context) error { return c.to.Ensure(ctx, s, store.Strict) }); err != nil {
		return t, err
	}
	sum, err := c.rows(ctx, s, &t, total)
	if err != nil {
		return t, err
	}
	if err := c.verify(ctx, s, sum, t.Rows); err != nil {
		return t, err
	}
	return t, c.ledger(ctx, s, &t)
}

// rows copies the rows and returns the sum of them.
func (c *copying) rows(ctx context.Context, s *schema.Schema, t *CopiedTable, total int64) (uint64, error) {
	// A batch's key would take the place of what the batch column has.
	into, err := schema.New(s.Name(), withoutBatch(s.Columns()))
	if err != nil {
		return 0, err
	}
	var sum bag
	p, room := &part{}, max(c.opts.BatchRows/chunkRows(len(s.Columns())), 1)
	n := 0
	store := func() error {
		if p.rows == 0 {
			return nil
		}
		n++
		var content bag
		for _, ch := range p.chunks {
			content.add(ch)
		}
		// The key says what is in the batch, so that no batch of another
		// source is taken for it.
		inserted, err := c.insert(ctx, into, fmt.Sprintf("%s%06d-%016x", copyPrefix, n, content.sum), p)
		t.New += inserted
		p.reset()
		return err
	}
	err = tableStream(c.from, storeSelect(s)).each(ctx, func(ch *chunk) error {
		sum.add(ch)
		t.Rows += int64(ch.rows)
		c.progress(CopyProgress{Table: s.Name(), Step: "copy", Rows: t.Rows, Total: total})
		own := p.room(into)
		own.reset()
		for i := range ch.cells {
			for k := range ch.rows {
				own.cells[i].copy(&ch.cells[i], k)
			}
		}
		own.rows = ch.rows
		if p.add(own, nil); len(p.chunks) >= room {
			return store()
		}
		return nil
	})
	if err == nil {
		err = store()
	}
	return sum.sum, err
}

const copyPrefix = "galley copy "

func withoutBatch(columns []schema.Column) []schema.Column {
	columns = slices.Clone(columns)
	for i := range columns {
		columns[i].Batch = false
	}
	return columns
}

func storeSelect(s *schema.Schema) store.Select { return store.Select{Schema: s} }

func (c *copying) progress(p CopyProgress) {
	if c.opts.Progress != nil {
		c.opts.Progress(p)
	}
}

func (c *copying) retry(ctx context.Context, op func(context.Context) error) error {
	return c.opts.Retrier.Do(ctx, op, func(err error) bool {
		return errors.Is(err, store.ErrCommitUnknown) || c.to.Retryable(err)
	})
}

// insert stores a batch once, and returns the number of rows stored.
func (c *copying) insert(ctx context.Context, s *schema.Schema, key string, rows store.Rows) (int64, error) {
	b := &store.Batch{Schema: s, Rows: rows, Key: key}
	var res store.Result
	err := c.retry(ctx, func(ctx context.Context) (err error) {
		res, err = c.to.Insert(ctx, b)
		return err
	})
	return res.Inserted, err
}

// verify reads the copy and compares it.
func (c *copying) verify(ctx context.Context, s *schema.Schema, want uint64, rows int64) error {
	var got bag
	n := int64(0)
	err := tableStream(c.to, storeSelect(s)).each(ctx, func(ch *chunk) error {
		got.add(ch)
		n += int64(ch.rows)
		c.progress(CopyProgress{Table: s.Name(), Step: "verify", Rows: n, Total: rows})
		return nil
	})
	switch {
	case err != nil:
		return err
	case n != rows:
		return &CopyError{Table: s.Name(), Reason: fmt.Sprintf("it has %d rows, and the original %d; copy into an empty table, from a source that does not change", n, rows)}
	case got.sum != want:
		return &CopyError{Table: s.Name(), Reason: "its values are others"}
	}
	return nil
}

// ledger carries the keys of the batches over, many at once: a store commits
// those that wait for it together.
func (c *copying) ledger(ctx context.Context, s *schema.Schema, t *CopiedTable) error {
	into, err := schema.New(s.Name(), withoutBatch(s.Columns()))
	if err != nil {
		return err
	}
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	todo := make(chan string)
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for key := range todo {
				if _, err := c.insert(ctx, into, key, &part{}); err != nil {
					fail(err)
				}
			}
		})
	}
	err = keys(ctx, c.from, s.Name(), "key <> "+c.from.Dialect().Placeholder(2), []any{""}, func(key string) bool {
		select {
		case todo <- key:
			t.Batches++
			return true
		case <-ctx.Done():
			return false
		}
	})
	close(todo)
	wg.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}
