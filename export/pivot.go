package export

import (
	"context"
	"errors"
	"fmt"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// pivot is a wide table in the making.
type pivot struct {
	from    store.Backend
	table   *schema.Schema
	wide    Wide
	where   string
	args    []any
	values  []string             // of wide.Values, those in this file
	columns map[string]int       // by the tuple of values that name them: the first of their columns in the wide schema
	named   map[string][]*string // by name of a column in the wide schema: the values that name it, nil for NULL
	schema  *schema.Schema
	source  *schema.Schema // index, columns, values
}

// newPivot finds the columns of the wide table.
func newPivot(ctx context.Context, b store.Backend, t *schema.Schema, w Wide, values []string, where string, args []any) (*pivot, error) {
	p := &pivot{from: b, table: t, wide: w, where: where, args: args, values: values, columns: map[string]int{}, named: map[string][]*string{}}
	if len(w.Index) == 0 || len(w.Columns) == 0 || len(values) == 0 {
		return nil, fmt.Errorf("table %q %w: Index, Columns and Values need at least one column each", t.Name(), ErrWide)
	}
	names, err := pick(t, w.Columns)
	if err != nil {
		return nil, err
	}
	index, err := pick(t, w.Index)
	if err != nil {
		return nil, err
	}
	filling, err := pick(t, values)
	if err != nil {
		return nil, err
	}
	if p.source, err = schema.New(t.Name(), append(append(append([]schema.Column(nil), index...), names...), filling...)); err != nil {
		return nil, fmt.Errorf("table %q %w: %w", t.Name(), ErrWide, err)
	}
	columns := append([]schema.Column(nil), index...)
	err = p.names(ctx, names, func(tuple, name string, of []*string) {
		p.columns[tuple] = len(columns)
		for _, c := range filling {
			c.Nullable = true
			if w.OneTable {
				c.Name += "_" + name
			} else {
				c.Name = name
			}
			columns = append(columns, c)
			p.named[c.Name] = of
		}
	})
	if err != nil {
		return nil, err
	}
	if p.schema, err = schema.New(t.Name(), columns); err != nil {
		return nil, fmt.Errorf("table %q %w: %w", t.Name(), ErrWide, err)
	}
	return p, nil
}

// names calls found with each name of a new column, in order, and with the values
// that it stands for. It returns ErrWide if two tuples of values have one name.
func (p *pivot) names(ctx context.Context, columns []schema.Column, found func(tuple, name string, of []*string)) error {
	s, err := schema.New(p.table.Name(), columns)
	if err != nil {
		return fmt.Errorf("table %q %w: %w", p.table.Name(), ErrWide, err)
	}
	list := quoted(p.from.Dialect(), p.wide.Columns, "")
	sql := "SELECT DISTINCT " + list + " FROM " + store.TableSQL(p.from, p.table.Name())
	if p.where != "" {
		sql += " WHERE " + p.where
	}
	sql += " ORDER BY " + list
	c, seen := cells.New(s), map[string][]*string{}
	var texts tuples
	return p.from.Query(ctx, store.Select{Schema: s, SQL: sql, Args: p.args}, func(r schema.Reader) (bool, error) {
		c.Reset()
		if err := c.Add(r); err != nil {
			return false, fmt.Errorf("table %q: %w", p.table.Name(), err)
		}
		of := naming(c, 0, 0, len(columns))
		name := joined(of)
		if other, twice := seen[name]; twice {
			return false, fmt.Errorf("table %q %w: %s and %s would share the column %q; change one of the values, or export their rows separately, with a condition",
				p.table.Name(), ErrWide, shown(p.wide.Columns, other), shown(p.wide.Columns, of), name)
		}
		seen[name] = of
		found(string(texts.of(c, 0, 0, len(columns))), name, of)
		return true, nil
	})
}

// errNewName is returned by a pivot's stream when a name came up since the
// columns were found: others write meanwhile.
var errNewName = errors.New("another process added rows with new names meanwhile; try again")

// stream is the wide table, ordered by its index.
func (p *pivot) stream() cells.Stream {
	indexes, first := len(p.wide.Index), len(p.wide.Index)+len(p.wide.Columns)
	q := store.Select{Schema: p.source, Where: p.where, Args: p.args, OrderBy: orderBy(p.from.Dialect(), p.source, p.wide.Index)}
	return cells.Stream{Schema: p.schema, Run: func(ctx context.Context, f *cells.Feeder) error {
		cur, last := cells.New(p.source), cells.New(p.source)
		filled := make([]bool, len(p.schema.Columns()))
		wide := cells.New(p.schema) // one row
		begin := func() {
			wide.Reset()
			clear(filled)
		}
		end := func() error {
			if last.Rows == 0 {
				return nil
			}
			for i := range f.Chunk.Cells {
				v := &f.Chunk.Cells[i]
				switch {
				case i < indexes:
					v.Copy(&last.Cells[i], 0)
				case filled[i]:
					v.Copy(&wide.Cells[i], 0)
				default:
					v.Null()
				}
			}
			f.Chunk.Rows++
			return f.Advance()
		}
		row := int64(0)
		var texts tuples
		err := p.from.Query(ctx, q, func(r schema.Reader) (bool, error) {
			cur.Reset()
			row++
			if err := cur.Add(r); err != nil {
				return false, &store.StoredError{Table: p.table.Name(), Row: row, Err: err}
			}
			if last.Rows == 0 || !sameRow(cur, last, indexes) {
				if err := end(); err != nil {
					return false, err
				}
				begin()
			}
			cur, last = last, cur
			at, ok := p.columns[string(texts.of(last, 0, indexes, first))]
			if !ok {
				return false, fmt.Errorf("table %q: %w", p.table.Name(), errNewName)
			}
			for i := range p.values {
				if filled[at+i] {
					return false, &DuplicateError{Table: p.table.Name(), Key: keyText(last, 0, indexes), Column: p.schema.Columns()[at+i].Name}
				}
				wide.Cells[at+i].Copy(&last.Cells[first+i], 0)
				filled[at+i] = true
			}
			return true, nil
		})
		if err != nil {
			return err
		}
		return end()
	}}
}
