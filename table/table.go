package table

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/galley-db/galley/backoff"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Table is a typed table: rows of T in a [store.Backend]. Its read methods
// (All, Where, One, Count) are those of [View]. A Table is safe for use by
// several goroutines at once, and may be copied. It has nothing to close; close
// the backend.
type Table[T any] struct {
	View[T]
}

// Options are the settings of [Open]. The zero value takes everything from T.
type Options[T any] struct {
	// Name is the name of the table; "" means T's name in snake_case.
	Name string
	// Binder moves rows; nil means schema.Reflect. Open checks a generated
	// binder against T: ErrStaleBinder.
	Binder schema.Binder[T]
	// Retrier decides when to retry a batch while another process holds the
	// lock; nil means backoff.Exponential{}: waits from 0.5 to 5 ms, for at
	// most a minute.
	Retrier backoff.Retrier
	// BatchRows is the number of rows that AppendSeq stores in one transaction;
	// 0 means 10,000.
	BatchRows int
	// Evolve selects what Open may change in a table that differs from T; zero
	// means Strict, which changes nothing.
	Evolve Evolution
	// Quarantine stores rows that cannot be stored in the table (they break a
	// constraint, or hold a value that RowError describes) in TABLE_rejected,
	// with the row as JSON, the error, the batch's key and the time, in the
	// same transaction as the other rows. Table.Rejected reads them. Without
	// Quarantine one bad row fails its whole batch. Result.Rejected counts the
	// rows: Insert, Upsert, Ignore and Replace return it. Append and AppendOnce
	// do not, although all of their rows may have gone into quarantine.
	Quarantine bool
}

// ErrStaleBinder is returned by Open when Options.Binder was generated from
// another version of the struct. The error names the binder and the command
// that generates it again.
var ErrStaleBinder = errors.New("the generated binder does not fit the struct")

const defaultBatchRows = 10_000

// Open returns the table for T. It creates a missing table in one transaction;
// several processes may do so at the same time. It compares an existing table
// with T column by column. If they differ, the error is a
// *[MismatchError] that lists every difference, and nothing is changed,
// unless Options.Evolve permits it. The file's galley_history records every
// change. If a struct cannot be a table, the error is a *[schema.TagError] that
// lists everything that is wrong.
func Open[T any](ctx context.Context, b store.Backend, opts Options[T]) (*Table[T], error) {
	s, err := opts.schema()
	if err != nil {
		return nil, err
	}
	binder := opts.Binder
	if binder == nil {
		if binder, err = schema.Reflect[T](s); err != nil {
			return nil, fmt.Errorf("table %q: %w", s.Name(), err)
		}
	}
	if err := checkBinder(binder, s, reflect.TypeFor[T]()); err != nil {
		return nil, err
	}
	c := &core{backend: b, schema: s, whole: s, retrier: opts.Retrier, batch: opts.BatchRows, quarantine: opts.Quarantine, copies: refers(reflect.TypeFor[T]())}
	if err := c.open(ctx, opts.Evolve); err != nil {
		return nil, err
	}
	return &Table[T]{View[T]{c, binder}}, nil
}

// open makes the table fit the schema.
func (c *core) open(ctx context.Context, evolve Evolution) error {
	if c.batch < 0 {
		return fmt.Errorf("table %q: BatchRows is %d, want 0 or more", c.name(), c.batch)
	}
	if c.retrier == nil {
		c.retrier = backoff.Exponential{}
	}
	if c.batch == 0 {
		c.batch = defaultBatchRows
	}
	err := c.retrier.Do(ctx, func(ctx context.Context) error { return c.backend.Ensure(ctx, c.schema, evolve) }, c.backend.Retryable)
	if err != nil {
		return fmt.Errorf("open table %q: %w", c.name(), err)
	}
	return nil
}

// schema returns T's schema under the table's name.
func (o Options[T]) schema() (*schema.Schema, error) {
	s, err := schema.Of[T]()
	if err == nil && o.Name != "" {
		s, err = s.Named(o.Name)
	}
	if err != nil {
		return nil, fmt.Errorf("table: %w", err)
	}
	return s, nil
}

// Name returns the table's name.
func (t *Table[T]) Name() string { return t.core.name() }

// Schema returns the table's schema.
func (t *Table[T]) Schema() *schema.Schema { return t.core.schema }

// Plan returns the changes that would make the table of Open with the same
// options fit T, with the SQL and the risk of each, and changes nothing. It
// returns them whether or not Options.Evolve permits them. For a table that does
// not exist Plan returns no changes; Open creates it.
func Plan[T any](ctx context.Context, b store.Backend, opts Options[T]) ([]schema.Change, error) {
	s, err := opts.schema()
	if err != nil {
		return nil, err
	}
	return plan(ctx, b, s)
}

func plan(ctx context.Context, b store.Backend, s *schema.Schema) ([]schema.Change, error) {
	have, err := b.Describe(ctx, s.Name())
	if err != nil {
		return nil, fmt.Errorf("plan table %q: %w", s.Name(), err)
	}
	if have == nil {
		return nil, nil
	}
	return schema.Diff(s, have), nil
}
