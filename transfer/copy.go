package transfer

import (
	"context"
	"fmt"

	"github.com/galley-db/galley/backoff"
	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/ownkey"
	"github.com/galley-db/galley/internal/pagecache"
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
	// Progress, unless nil, is called repeatedly with the progress of a table.
	Progress func(CopyProgress)
}

// CopyProgress is the progress of the copy of a table.
type CopyProgress struct {
	Table string
	Step  string // "copy" or "verify"
	Rows  int64
	Total int64
}

// CopiedTable is the result of the copy of a table.
type CopiedTable struct {
	Table   string `json:"table"`
	Rows    int64  `json:"rows"`    // in the table, on both sides
	New     int64  `json:"new"`     // of these, copied by this call
	Batches int64  `json:"batches"` // keys that were carried over
	// Rejected is the number of rows in quarantine, on both sides.
	Rejected int64 `json:"rejected"`
}

// CopyError is the error for a copy that differs from its source when it is
// read back.
type CopyError struct {
	Table  string
	Reason string
}

// Error names the table.
func (e *CopyError) Error() string {
	return fmt.Sprintf("the copy of table %q differs from the original: %s", e.Table, e.Reason)
}

// Copy copies tables from one backend to another. It creates them, adds the
// rows in batches, each once, and then reads both sides and compares the number
// of rows and a sum over all values, independent of their order. It then
// carries over the keys of the stored batches, without rows, so a pipeline
// finds its tasks done. Rows in quarantine go into the quarantine of the copy, with
// their keys, errors and times. To finish an interrupted copy, run it again with the
// same BatchRows: it skips the stored batches.
//
// If the destination spreads tables over servers by the batch's key, a table
// with a batch column is copied batch by batch, each whole and under its own
// key, and a batch must fit in memory.
//
// A stored value that does not fit the type of its column, as another program
// may have written it, is a *store.StoredError.
//
// The source must not change meanwhile, and the tables of the destination must
// hold nothing else; otherwise the error is a *[CopyError]. A batch that
// differs from the batch that an earlier attempt stored in its place is not
// stored.
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
		tables, err := from.Tables(ctx)
		if err != nil {
			return nil, fmt.Errorf("copy: %w", err)
		}
		for _, t := range tables {
			names = append(names, t.Name())
		}
	}
	release, err := pagecache.Limit(ctx, to)
	if err != nil {
		return nil, fmt.Errorf("copy: %w", err)
	}
	defer release()
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
	loads    loads
}

func (c *copying) table(ctx context.Context, name string) (t CopiedTable, err error) {
	t = CopiedTable{Table: name}
	s, err := c.from.Describe(ctx, name)
	if err != nil {
		return t, err
	}
	if s == nil {
		return t, &store.TableError{Table: name}
	}
	total, err := cells.Count(ctx, c.from, name, "", nil)
	if err != nil {
		return t, err
	}
	if err := c.retry(ctx, func(ctx context.Context) error { return c.loads.ensure(ctx, c.to, s, store.Strict) }); err != nil {
		return t, err
	}
	defer func() { err = c.loads.finish(ctx, c.to, c.opts.Retrier, err) }()
	if err := c.vacant(ctx, s); err != nil {
		return t, err
	}
	sum, err := c.rows(ctx, s, &t, total)
	if err != nil {
		return t, err
	}
	if err := c.verify(ctx, s, sum, t.Rows); err != nil {
		return t, err
	}
	if err := c.rejected(ctx, s, &t); err != nil {
		return t, err
	}
	return t, c.ledger(ctx, s, &t)
}

// vacant returns a *CopyError where the destination's table holds rows that no
// earlier attempt has stored, before anything is stored there.
func (c *copying) vacant(ctx context.Context, s *schema.Schema) error {
	rows, err := cells.Count(ctx, c.to, s.Name(), "", nil)
	if err != nil || rows == 0 {
		return err
	}
	own := int64(0)
	for b, err := range c.to.Batches(ctx, store.BatchFilter{Table: s.Name(), Internal: true}) {
		if err != nil {
			return err
		}
		if c.byBatch(s) || ownkey.Of(b.Key) == ownkey.Copy {
			own += b.Rows
		}
	}
	if own == rows {
		return nil
	}
	return &CopyError{Table: s.Name(), Reason: fmt.Sprintf("the destination holds %d rows, and a copy has stored %d of them; copy into an empty table", rows, own)}
}

func (c *copying) progress(p CopyProgress) {
	if c.opts.Progress != nil {
		c.opts.Progress(p)
	}
}

func (c *copying) retry(ctx context.Context, op func(context.Context) error) error {
	return store.Settle(ctx, c.to, c.opts.Retrier.Do, op)
}

// verify reads the copy and compares it.
func (c *copying) verify(ctx context.Context, s *schema.Schema, want uint64, rows int64) error {
	var got cells.Bag
	n := int64(0)
	err := cells.TableStream(c.to, store.Select{Schema: s}).Each(ctx, func(ch *cells.Chunk) error {
		got.Add(ch)
		n += int64(ch.Rows)
		c.progress(CopyProgress{Table: s.Name(), Step: "verify", Rows: n, Total: rows})
		return nil
	})
	switch {
	case err != nil:
		return err
	case n != rows:
		return &CopyError{Table: s.Name(), Reason: fmt.Sprintf("it has %d rows, and the original %d; copy into an empty table, from a source that does not change", n, rows)}
	case got.Sum != want:
		return &CopyError{Table: s.Name(), Reason: "values differ"}
	}
	return nil
}
