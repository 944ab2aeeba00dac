package transfer

import (
	"context"
	"fmt"
	"strings"

	"github.com/galley-db/galley/internal/evolve"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// ColumnsError is the error for tables of sources that do not fit the
// destination. Nothing was written.
type ColumnsError struct{ Differences []ColumnsDifference }

// ColumnsDifference is a table of a source that does not fit.
type ColumnsDifference struct {
	Source string
	Err    *store.MismatchError // names the table and each difference
}

// Error names every source, table and difference.
func (e *ColumnsError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d tables of sources do not fit the destination; nothing was written", len(e.Differences))
	for _, d := range e.Differences {
		fmt.Fprintf(&b, "\n%s: %s", d.Source, strings.ReplaceAll(d.Err.Error(), "\n", "\n\t"))
	}
	return b.String()
}

// columns compares the columns of all sources with those of the destination, and
// then makes the changes that Evolve permits.
func (m *merging) columns(ctx context.Context, all []*source) error {
	tables := map[string]*schema.Schema{} // as they will be
	bad := &ColumnsError{}
	refuse := func(s *source, t *schema.Schema, changes []schema.Change) {
		e := evolve.Mismatch(m.opts.Evolve, "", t, changes)
		e.Hint = strings.ReplaceAll(e.Hint, "Options.Evolve Additive", "MergeOptions.Evolve Additive (--evolve additive)")
		bad.Differences = append(bad.Differences, ColumnsDifference{s.path, e})
	}
	for _, s := range all {
		for _, t := range s.tables {
			have, known := tables[t.Name()]
			if !known {
				var err error
				if have, err = m.dst.Describe(ctx, t.Name()); err != nil {
					return err
				}
			}
			if have == nil {
				tables[t.Name()] = t
				continue
			}
			tables[t.Name()] = have
			how, changes, refused := m.policy(t, have)
			if len(refused) > 0 {
				refuse(s, t, refused)
				continue
			}
			if len(changes) > 0 {
				merged, err := evolve.Merged(t, have, how)
				if err != nil {
					return fmt.Errorf("%s: %w", s.path, err)
				}
				tables[t.Name()] = merged
			}
		}
	}
	if len(bad.Differences) > 0 {
		return bad
	}
	// A later source may have changed what an earlier one needs.
	for _, s := range all {
		for _, t := range s.tables {
			if changes := evolve.Obstacles(t, tables[t.Name()], false); len(changes) > 0 {
				refuse(s, t, changes)
			}
		}
	}
	if len(bad.Differences) > 0 {
		return bad
	}
	return m.ensure(ctx, all)
}

// policy is how a table is changed to take the rows of t: no more than needed, and
// without dropping a column, since t may be the older one.
func (m *merging) policy(t, have *schema.Schema) (how store.Evolution, changes, refused []schema.Change) {
	how = min(m.opts.Evolve, store.Additive)
	changes, refused = evolve.Changes(t, have, how)
	if len(refused) == 0 || m.opts.Evolve != store.Rebuild {
		return how, changes, refused
	}
	changes, refused = evolve.Changes(t, have, store.Rebuild)
	for _, c := range changes {
		if c.Kind == schema.Dropped {
			refused = append(refused, c)
		}
	}
	return store.Rebuild, changes, refused
}

// ensure creates and changes the tables of the destination, each schema once.
func (m *merging) ensure(ctx context.Context, all []*source) error {
	done := map[string]bool{}
	for _, s := range all {
		for _, t := range s.tables {
			if key := t.Name() + "\x00" + t.Fingerprint(); !done[key] {
				done[key] = true
				err := m.opts.Retrier.Do(ctx, func(ctx context.Context) error {
					have, err := m.dst.Describe(ctx, t.Name())
					if err != nil {
						return err
					}
					how := m.opts.Evolve
					if have != nil {
						how, _, _ = m.policy(t, have)
					}
					return m.loads.ensure(ctx, m.dst, t, how)
				}, m.dst.Retryable)
				if err != nil {
					return fmt.Errorf("%s: %w", s.path, err)
				}
			}
		}
	}
	return nil
}
