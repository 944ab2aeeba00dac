package transfer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/galley-db/galley/backoff"
	"github.com/galley-db/galley/internal/fileid"
	"github.com/galley-db/galley/internal/pagecache"
	"github.com/galley-db/galley/internal/spooldir"
	"github.com/galley-db/galley/store"
)

// CollectOptions are the settings of [Collect]. The zero value moves what is in
// the spools and returns.
type CollectOptions struct {
	// Evolve says what becomes of a table of the destination whose columns
	// differ from those of a batch; zero changes nothing.
	Evolve store.Evolution
	// Keep leaves the files in the spools. They are compared with the
	// destination's ledger again by the next Collect.
	Keep bool
	// Watch goes on until ctx ends or, with Expect, until nothing is missing.
	Watch bool
	// Interval is the pause between two looks into the spools, 0 means 2 s.
	Interval time.Duration
	// Expect are the batches that should be in the destination in the end.
	Expect []Expected
	// Retrier decides when a batch is tried again; nil takes
	// backoff.Exponential{}.
	Retrier backoff.Retrier
	// Progress, unless nil, is called now and then, from one goroutine at a
	// time.
	Progress func(CollectReport)
}

// Expected is a batch that should be in the destination.
type Expected struct {
	Table string // "" for any table
	Key   string
}

// String is the key, after the table if there is one.
func (e Expected) String() string {
	if e.Table == "" {
		return e.Key
	}
	return e.Table + "\t" + e.Key
}

// CollectReport counts what a [Collect] did.
type CollectReport struct {
	Batches    int64 `json:"batches"`    // stored in the destination
	Rows       int64 `json:"rows"`       // of these
	Bytes      int64 `json:"bytes"`      // of their files
	Present    int64 `json:"present"`    // stored by another collector at the same time
	Duplicates int64 `json:"duplicates"` // copies of batches that are collected, with the same rows: removed
	// Aside are the files that were moved into the folder damaged of their
	// spool: damaged, not a batch, or with other rows than those that were
	// collected under their key.
	Aside []Refused `json:"aside"`
	// Refused are the files that stay where they are, because the destination's
	// table does not take them.
	Refused []Refused `json:"refused"`
	// Missing are those of Expect that are not in the destination. It is nil if an
	// error has kept Collect from reading what the destination holds.
	Missing []Expected `json:"missing"`
}

// Refused is a file that was not collected.
type Refused struct {
	File string `json:"file"`
	Err  error  `json:"-"`
	Text string `json:"error"`
}

// Collect moves the batches of spools into a database, each once, under their
// own keys and times. It may be killed, run again, and run by several processes
// on several hosts at once.
//
// A file is read whole and trusted in nothing: its checksum, its pages and every
// value are verified before its rows go in, all of them and the batch's ledger
// row in one transaction. The batch is recorded in the spool before that, and its
// file is removed when the transaction would survive power loss: Done and
// AppendOnce find the batch at any moment.
//
// A file that is damaged, and a late copy of a collected batch with other rows,
// are moved to the folder damaged of the spool, with the reason beside them. A
// batch that the destination's table refuses stays where it is. Neither stops
// the others; the report names them. An error of Collect itself means that the
// destination or a spool cannot be used; what was collected until then stays
// collected.
func Collect(ctx context.Context, dst store.Backend, dirs []string, opts CollectOptions) (*CollectReport, error) {
	if opts.Interval <= 0 {
		opts.Interval = 2 * time.Second
	}
	if opts.Retrier == nil {
		opts.Retrier = backoff.Exponential{}
	}
	c := newCollecting(dst, opts)
	for _, dir := range dirs {
		d, err := spooldir.Open(dir)
		if err != nil {
			return nil, fmt.Errorf("collect: %w", err)
		}
		c.dirs = append(c.dirs, d)
	}
	err := c.run(ctx)
	if err != nil {
		missing := c.stopped(ctx)
		if opts.Watch && ctx.Err() != nil && errors.Is(err, context.Cause(ctx)) { // the caller has stopped it
			err = nil
		}
		err = errors.Join(err, missing)
	}
	report := c.snapshot()
	if fileid.IsFull(err) && !errors.Is(err, store.ErrDiskFull) { // the spool's disk
		err = fmt.Errorf("%w: %w", store.ErrDiskFull, err)
	}
	if err != nil {
		return &report, fmt.Errorf("collect: %w", err)
	}
	return &report, nil
}

// run goes through the spools once, or until ctx ends.
func (c *collecting) run(ctx context.Context) error {
	release, err := pagecache.Limit(ctx, c.dst)
	if err != nil {
		return err
	}
	defer release()
	pause := time.NewTimer(0)
	defer pause.Stop()
	<-pause.C
	for {
		c.beginLook()
		for _, d := range c.dirs {
			if err := c.dir(ctx, d); err != nil {
				return err
			}
		}
		c.endLook()
		missing, err := c.miss(ctx)
		if err != nil {
			return err
		}
		if !c.opts.Watch || len(c.opts.Expect) > 0 && missing == 0 {
			return nil
		}
		pause.Reset(c.opts.Interval)
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-pause.C:
		}
	}
}

// stopping is how long Collect looks for missing batches after its context has ended.
const stopping = 10 * time.Second

// stopped reports what is missing after a look that has not come to its end: the
// caller has stopped it, or it has failed.
func (c *collecting) stopped(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopping)
	defer cancel()
	if _, err := c.miss(ctx); err != nil {
		c.tally(func(r *CollectReport) { r.Missing = nil })
		return fmt.Errorf("stopped, and it is unknown which of the expected batches are missing: %w", err)
	}
	return nil
}

// refusal reports whether err is about the batch, and not about the
// destination.
func refusal(err error) bool {
	var row *store.RowError
	var mismatch *store.MismatchError
	return errors.As(err, &row) || errors.As(err, &mismatch) ||
		errors.Is(err, store.ErrConstraint) || errors.Is(err, store.ErrRowsLost) || errors.Is(err, store.ErrTooLarge) || errors.Is(err, store.ErrKey)
}
