package export

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/schema"
)

// ErrNoKey is returned when a merge has no key that says which rows are the same.
var ErrNoKey = errors.New("no key to merge by")

// MergeError says why the rows of a file cannot be merged with a table's.
type MergeError struct {
	File   string
	Table  string
	Column string
	Reason string
}

// Error names file, table and column.
func (e *MergeError) Error() string {
	return fmt.Sprintf("%s cannot be merged with table %q: column %q %s", e.File, e.Table, e.Column, e.Reason)
}

// merge puts the rows of an earlier file and those of a table together, by a
// key that both are ordered by. A row of the table takes the place of the
// file's row of the same key; what only the file has, stays.
type merge struct {
	table    string
	file     string
	old, new cells.Stream
	schema   *schema.Schema
	perCell  bool // a NULL of the table leaves the file's value

	oldAt, newAt   []int // by column: its index in old and new, -1 for none
	oldKey, newKey []int

	kept, updated, added int64
}

// newMerge finds the columns of the result: the table's, then those that only
// the file has.
func newMerge(file string, old, fresh cells.Stream, key []string, perCell bool) (*merge, error) {
	m := &merge{table: fresh.Schema.Name(), file: file, old: old, new: fresh, perCell: perCell}
	fail := func(column, reason string) error {
		return &MergeError{File: file, Table: m.table, Column: column, Reason: reason}
	}
	same := len(old.Schema.Columns()) <= len(fresh.Schema.Columns())
	columns := slices.Clone(fresh.Schema.Columns())
	for i := range columns {
		c := &columns[i]
		m.newAt = append(m.newAt, i)
		k, ok := old.Schema.Column(c.Name)
		if !ok {
			k = -1
			if !c.Nullable {
				*c, same = cells.Plain(*c), false
				c.Nullable = true
			}
			m.oldAt = append(m.oldAt, k)
			continue
		}
		have := old.Schema.Columns()[k]
		m.oldAt = append(m.oldAt, k)
		wider, ok := widest(*c, have)
		if !ok {
			return nil, fail(c.Name, fmt.Sprintf("is %s in the file and %s in the table", cells.Plain(have).Spec(), cells.Plain(*c).Spec()))
		}
		if wider != *c {
			*c, same = wider, false
		}
	}
	for k, c := range old.Schema.Columns() {
		if _, ok := fresh.Schema.Column(c.Name); !ok {
			c, same = cells.Plain(c), false
			c.Nullable = true
			columns = append(columns, c)
			m.oldAt, m.newAt = append(m.oldAt, k), append(m.newAt, -1)
		}
	}
	if m.schema = fresh.Schema; !same {
		for i := range columns { // what held for the table alone
			columns[i] = cells.Plain(columns[i])
		}
		var err error
		if m.schema, err = schema.New(m.table, columns); err != nil {
			return nil, fmt.Errorf("table %q: %w", m.table, err)
		}
	}
	for _, name := range key {
		i, ok := fresh.Schema.Column(name)
		if !ok {
			return nil, &ColumnError{Table: m.table, Column: name}
		}
		k, _ := old.Schema.Column(name) // or else it would be in no order
		m.newKey, m.oldKey = append(m.newKey, i), append(m.oldKey, k)
	}
	return m, nil
}

// widest is a column that holds the values of two, whose cells have the same
// form.
func widest(c, have schema.Column) (schema.Column, bool) {
	if cells.FormOf(&c) != cells.FormOf(&have) {
		return c, false
	}
	if c.Type != have.Type || c.Unit != have.Unit || c.Dim != have.Dim || c.Uint != have.Uint {
		wider := schema.Column{Name: c.Name, Nullable: c.Nullable || have.Nullable, NaNNull: c.NaNNull || have.NaNNull}
		clow, chigh := cells.IntRange(c.Type)
		low, high := cells.IntRange(have.Type)
		numbers := plainInt(c.Type) && plainInt(have.Type)
		switch {
		case numbers && clow <= low && chigh >= high:
			wider.Type = c.Type
		case numbers && low <= clow && high >= chigh:
			wider.Type = have.Type
		case numbers:
			wider.Type = schema.Int64
		case cells.FormOf(&c) == cells.AsFloat:
			wider.Type = schema.Float64
		case c.Type == have.Type && cells.IsVector(c.Type):
			wider.Type = c.Type
		case c.Type == schema.Uint64 && have.Type == schema.Uint64:
			wider.Type, wider.Uint = c.Type, max(c.Uint, have.Uint)
		default:
			return c, false
		}
		return wider, true
	}
	if have.Nullable && !c.Nullable || have.NaNNull && !c.NaNNull {
		c = cells.Plain(c)
		c.Nullable, c.NaNNull = true, c.NaNNull || have.NaNNull
	}
	return c, true
}

func plainInt(t schema.Type) bool { return t >= schema.Int8 && t <= schema.Uint32 }

// stream is the merged rows, ordered by the key.
func (m *merge) stream() cells.Stream { return cells.Stream{Schema: m.schema, Run: m.run} }

func (m *merge) run(ctx context.Context, f *cells.Feeder) error {
	m.kept, m.updated, m.added = 0, 0, 0
	old, fresh := &keyed{p: cells.Pull(ctx, m.old), key: m.oldKey, name: m.file}, &keyed{p: cells.Pull(ctx, m.new), key: m.newKey, name: m.table}
	defer old.p.Stop()
	defer fresh.p.Stop()
	for _, k := range []*keyed{old, fresh} {
		if err := k.advance(); err != nil {
			return err
		}
	}
	for old.more || fresh.more {
		order := 0
		switch {
		case !old.more:
			order = 1
		case !fresh.more:
			order = -1
		default:
			order = old.compare(fresh)
		}
		switch {
		case order < 0:
			m.kept++
		case order > 0:
			m.added++
		default:
			m.updated++
		}
		m.put(f.Chunk, old, fresh, order)
		if err := f.Advance(); err != nil {
			return err
		}
		if order <= 0 {
			if err := old.advance(); err != nil {
				return err
			}
		}
		if order >= 0 {
			if err := fresh.advance(); err != nil {
				return err
			}
		}
	}
	return nil
}

// put adds the row of old (order -1), of fresh (1) or of both (0).
func (m *merge) put(c *cells.Chunk, old, fresh *keyed, order int) {
	for i := range c.Cells {
		v, o, n := &c.Cells[i], m.oldAt[i], m.newAt[i]
		takeNew := order >= 0 && n >= 0
		if takeNew && order == 0 && m.perCell && o >= 0 && fresh.p.Cur.Cells[n].IsNull(fresh.p.Row) {
			takeNew = false
		}
		switch {
		case takeNew:
			v.Copy(&fresh.p.Cur.Cells[n], fresh.p.Row)
		case order <= 0 && o >= 0:
			v.Copy(&old.p.Cur.Cells[o], old.p.Row)
		default:
			v.Null()
		}
	}
	c.Rows++
}
