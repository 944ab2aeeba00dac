package transfer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/galley-db/galley/backoff"
	"github.com/galley-db/galley/internal/batchfile"
	"github.com/galley-db/galley/internal/spooldir"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// item is a file on its way.
type item struct {
	shard   *spooldir.Shard
	name    string
	content spooldir.Content
	file    *batchfile.File
	entry   spooldir.Collected
	listed  []spooldir.Collected // what was recorded under its name before
	stored  bool                 // the destination holds it
}

// in reports whether the batch is among others, rows and all.
func (it *item) in(others []spooldir.Collected) bool {
	return slices.ContainsFunc(others, func(c spooldir.Collected) bool {
		return c.Digest == it.entry.Digest && c.Rows == it.entry.Rows
	})
}

// read reads and verifies a file. It reports false where there is nothing to
// store: another collector has moved it, or it is damaged and was set aside.
func (c *collecting) read(it *item) (bool, error) {
	err := c.parse(it)
	switch {
	case vanished(err):
		return false, nil
	case errors.Is(err, batchfile.ErrDamaged), errors.Is(err, spooldir.ErrNotFile):
		return false, c.aside(it.shard, it.name, err)
	case err != nil:
		return false, err
	}
	f := it.file
	it.entry = spooldir.Collected{
		Name: strings.TrimSuffix(it.name, batchfile.Suffix), Digest: f.Digest.String(), Rows: int64(f.Len()), At: f.At, Key: f.Key,
	}
	return true, nil
}

// parse reads a file. One that is damaged is read twice: a network file system
// may have returned what it remembered.
func (c *collecting) parse(it *item) (err error) {
	for range 2 {
		if it.content, err = it.shard.Read(it.name); err != nil {
			return err
		}
		if it.file, err = c.parser.Parse(it.content.Data); err == nil {
			it.content.Data = nil
			if err := store.CheckKey(it.file.Key); err != nil {
				return fmt.Errorf("%w: %w", batchfile.ErrDamaged, err)
			}
			return it.shard.Placed(it.name, it.file)
		}
	}
	return err
}

// store inserts a batch.
func (c *collecting) store(ctx context.Context, it *item) error {
	res, err := c.insert(ctx, it.file)
	switch {
	case err != nil && refusal(err) && ctx.Err() == nil:
		c.refuse(it.shard.Path(it.name), err)
		return nil
	case err != nil:
		return err
	case !res.Applied:
		return c.known(ctx, it)
	}
	c.hold(it)
	c.tally(func(r *CollectReport) {
		r.Batches++
		r.Rows += res.Inserted
		r.Bytes += it.content.Size()
	})
	return nil
}

// hold records that the destination holds a batch.
func (c *collecting) hold(it *item) {
	it.stored = true
	c.accept(it.shard.Path(it.name))
}

// insert stores the rows and the ledger row of a batch, unless they exist.
func (c *collecting) insert(ctx context.Context, f *batchfile.File) (res store.Result, err error) {
	if err := c.ensure(ctx, f.Schema); err != nil {
		return res, err
	}
	b := &store.Batch{Schema: f.Schema, Rows: f, Key: f.Key, At: time.UnixMicro(f.At)}
	if f.Own() && f.Schema.Batch() >= 0 {
		// The key that the spool made up must not get into the batch column.
		if b.Schema, err = c.unkeyed(f.Schema); err != nil {
			return res, err
		}
	}
	in, err := c.dst.Begin(b)
	if err != nil {
		return res, err
	}
	defer in.Close()
	res, unknown, err := settle(ctx, c.dst, c.opts.Retrier, in)
	if err == nil && unknown && !res.Applied {
		// The attempt before may have stored it, or another program under the same key.
		held, findErr := store.FindBatch(ctx, c.dst, f.Schema.Name(), f.Key)
		if findErr != nil && !errors.Is(findErr, store.ErrNoBatch) {
			return res, findErr
		}
		if findErr == nil && sameEntry(held, store.StoredBatch{Rows: int64(f.Len()), At: b.At}) {
			res = store.Result{Applied: true, Inserted: int64(f.Len())}
		}
	}
	return res, err
}

// settle tries an insertion that may be done twice until its outcome is known, and
// reports whether the outcome of an attempt was unknown.
func settle(ctx context.Context, dst store.Backend, r backoff.Retrier, in store.Insertion) (res store.Result, unknown bool, err error) {
	err = store.Settle(ctx, dst, r.Do, func(ctx context.Context) (err error) {
		res, err = in.Try(ctx)
		unknown = unknown || errors.Is(err, store.ErrCommitUnknown)
		return err
	})
	return res, unknown, err
}

// unkeyed is a schema whose batch column is an ordinary one, the same for the
// same schema.
func (c *collecting) unkeyed(s *schema.Schema) (*schema.Schema, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if plain := c.plain[s]; plain != nil {
		return plain, nil
	}
	columns := slices.Clone(s.Columns())
	columns[s.Batch()].Batch = false
	plain, err := schema.New(s.Name(), columns)
	if err == nil {
		c.plain[s] = plain
	}
	return plain, err
}

// ensure makes sure that the destination has the table, once for each schema.
func (c *collecting) ensure(ctx context.Context, s *schema.Schema) error {
	c.mu.Lock()
	err, known := c.ensured[s]
	c.mu.Unlock()
	if known {
		return err
	}
	err = c.opts.Retrier.Do(ctx, func(ctx context.Context) error { return c.dst.Ensure(ctx, s, c.opts.Evolve) }, c.dst.Retryable)
	if err == nil || refusal(err) {
		c.mu.Lock()
		c.ensured[s] = err
		c.mu.Unlock()
	}
	return err
}

// known decides about a file whose key the destination holds already. It is
// removed only where what the destination holds is known to be the same.
func (c *collecting) known(ctx context.Context, it *item) error {
	switch {
	case it.in(it.listed):
		// It came late, after its like was collected, or a collector was killed
		// between its commit and the removal.
		c.hold(it)
		c.tally(func(r *CollectReport) { r.Duplicates++ })
		return nil
	case len(it.listed) > 0:
		return c.aside(it.shard, it.name, fmt.Errorf("key %q: a batch with other rows was collected under this key (%d rows, and this file has %d)",
			it.file.Key, it.listed[0].Rows, it.entry.Rows))
	}
	// Another collector may have recorded and stored it just now.
	now, err := it.shard.Refresh(false)
	if err != nil {
		return err
	}
	others, err := now.Collected(c.id)
	if err != nil {
		return err
	}
	if it.in(others[it.entry.Name]) {
		c.hold(it)
		c.tally(func(r *CollectReport) { r.Present++ })
		return nil
	}
	held, err := store.FindBatch(ctx, c.dst, it.file.Schema.Name(), it.file.Key)
	if err != nil && !errors.Is(err, store.ErrNoBatch) {
		return err
	}
	rows := held.Rows
	if c.opts.Keep && rows == it.entry.Rows {
		c.accept(it.shard.Path(it.name))
		c.tally(func(r *CollectReport) { r.Present++ })
		return nil
	}
	return c.aside(it.shard, it.name, fmt.Errorf("key %q: the destination holds %d rows under this key that did not come from this spool, and this file has %d; compare them, and remove the file or collect it into another database",
		it.file.Key, rows, it.entry.Rows))
}
