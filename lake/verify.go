package lake

import (
	"context"
	"errors"
	"fmt"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/evolve"
	"github.com/galley-db/galley/store"
)

// verify compares the rows that were published with what is known of them, and returns
// their sum with the columns that the table has now. The last rows are always compared:
// if they are removed, rows that are stored later get their numbers. All rows are
// compared in a table with a key, where an Upsert changes rows and leaves no trace in
// the ledger, and with PublishOptions.Verify.
func (p *publisher) verify(ctx context.Context, base state) (sum rowSum, err error) {
	if base.Rows == 0 {
		return sum, nil
	}
	history, _, err := p.src.history(ctx, base.History)
	if err != nil {
		return sum, err
	}
	without, added, dropped := p.columnsSince(base, history)
	changed := func(reason string) error { return &ChangedError{Table: p.src.schema.Name(), Reason: reason} }
	if base.End != "" && !dropped {
		end, err := p.src.end(ctx, base.Rowid, without)
		if err != nil {
			return sum, err
		}
		if end != base.End {
			return sum, changed("the last rows that were published have changed, or were removed and others stored")
		}
	}
	if sum, err = parseRowSum(base.Sum); err != nil {
		return sum, fmt.Errorf("%w: sum %q: %w", ErrState, base.Sum, err)
	}
	compare := p.opts.Verify || len(p.src.schema.Key()) > 0
	if !compare && !added && !dropped {
		return sum, nil
	}
	// The table is read as by a first publish, which is several times as fast as a query,
	// and once more in the order of the row numbers before values are said to differ.
	for _, whole := range []bool{true, false} {
		if whole && dropped {
			continue // without a sum to compare, the order is not known
		}
		known, filled := rowSum{without: without}, false
		sum = rowSum{}
		head := func(c *cells.Chunk) error {
			known.add(c)
			sum.add(c)
			filled = filled || p.filled(c, without)
			return nil
		}
		if whole {
			err = p.src.split(ctx, base.Rows, head, func(*cells.Chunk) error { return errEnough })
		} else {
			err = p.src.rows(noRowid, base.Rowid, nil, false).Each(ctx, head)
		}
		if err != nil || (dropped || known.String() == base.Sum) && !filled || !compare && !whole {
			return sum, err
		}
	}
	return sum, changed("values of rows that were published have changed, as by an Upsert, an Edit or SQL")
}

// columnsSince returns the columns of the table that were not published, and reports
// whether some were added or dropped since.
func (p *publisher) columnsSince(base state, history []string) (without []bool, added, dropped bool) {
	known := map[string]bool{}
	for name := range base.Columns {
		known[evolve.CurrentName(history, name)] = true
	}
	columns := p.src.schema.Columns()
	without = make([]bool, len(columns))
	found := 0
	for i := range columns {
		if without[i] = !known[columns[i].Name]; without[i] {
			added = true
		} else {
			found++
		}
	}
	return without, added, found < len(known)
}

// filled reports whether a column that was added has a value in these rows. Readers of
// the Iceberg table see NULL there, also where galley has a default.
func (p *publisher) filled(c *cells.Chunk, added []bool) bool {
	for i := range c.Cells {
		if !added[i] || c.Columns[i].Default != "" {
			continue
		}
		for k := range c.Rows {
			if !c.Cells[i].IsNull(k) {
				return true
			}
		}
	}
	return false
}

// endRows is how many of the last rows each publish compares.
const endRows = 1000

// end is the sum of the last rows up to a row number, without some columns.
func (s *source) end(ctx context.Context, upTo int64, without []bool) (string, error) {
	sum := rowSum{without: without}
	q := store.Select{Schema: s.schema, Where: s.rowid + " <= ?", Args: []any{upTo}, OrderBy: s.rowid + " DESC", Limit: endRows}
	err := cells.TableStream(s.db, q).Each(ctx, func(c *cells.Chunk) error { sum.add(c); return nil })
	return sum.String(), err
}

// split reads the whole table, fast, and gives the first so many rows to head, and the others to
// tail, which may end the reading with errEnough. The order in which a table is
// read is that of its row numbers, unless SQLite prefers an index: the caller compares
// what head was given with a sum.
func (s *source) split(ctx context.Context, rows int64, head, tail func(*cells.Chunk) error) error {
	left := rows
	err := s.rows(noRowid, noRowid, nil, true).Each(ctx, func(c *cells.Chunk) error {
		n := int(min(left, int64(c.Rows)))
		left -= int64(n)
		switch n {
		case 0:
			return tail(c)
		case c.Rows:
			return head(c)
		}
		rest := cells.New(s.schema)
		for k := n; k < c.Rows; k++ {
			for i := range c.Cells {
				rest.Cells[i].Copy(&c.Cells[i], k)
			}
			rest.Rows++
		}
		c.Truncate(n)
		if err := head(c); err != nil {
			return err
		}
		return tail(rest)
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// errEnough ends the reading of a table.
var errEnough = errors.New("enough rows were read")
