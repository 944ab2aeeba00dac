package formats

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/literal"
	"github.com/galley-db/galley/schema"
)

// converter reads the rows of a file as those of a table whose columns have
// other types, another order, or more of them. A value that the table's column
// cannot hold exactly is refused.
type converter struct {
	from  Decoder
	table *schema.Schema
	opts  TextOptions
	place []int        // by column: its place in the file, -1 for none
	fixed []*string    // by column that the file does not have
	same  []bool       // by column: the cells are copied as they are
	chunk *cells.Chunk // of the file
	row   int          // the next of chunk
	rows  int64        // taken so far
	lines []int64
}

// Convert is d with the columns of s. It takes d over, except when it
// fails: with a *HeaderError where the columns do not fit.
func Convert(d Decoder, s *schema.Schema, opts TextOptions) (Decoder, error) {
	have := d.Schema().Columns()
	names := make([]string, len(have))
	for i, c := range have {
		names[i] = opts.Renamed(c.Name)
	}
	place, fixed, err := match(names, s, opts)
	if err != nil {
		return nil, err
	}
	c := &converter{from: d, table: s, opts: opts, place: place, fixed: fixed, chunk: cells.New(d.Schema())}
	for i, col := range s.Columns() {
		same := false
		if k := place[i]; k >= 0 {
			w, h := cells.Plain(col), cells.Plain(have[k])
			same = w.Type == h.Type && w.Unit == h.Unit && (w.Uint == h.Uint || w.Uint != schema.UintInt) &&
				(w.Dim == 0 || w.Dim == h.Dim)
		}
		c.same = append(c.same, same)
	}
	return c, nil
}

func (c *converter) Schema() *schema.Schema { return c.table }
func (c *converter) Close() error           { return c.from.Close() }
func (c *converter) LineOf(k int) int64     { return c.lines[k] }

func (c *converter) Next(to *cells.Chunk) error {
	to.Reset()
	c.lines = c.lines[:0]
	for !to.Full() {
		if c.row >= c.chunk.Rows {
			if err := c.from.Next(c.chunk); err != nil {
				return err
			}
			if c.row = 0; c.chunk.Rows == 0 {
				return nil
			}
			if to.Rows == 0 && c.whole(to) {
				return nil
			}
		}
		c.rows++
		err := c.take(to, c.row)
		c.row++
		if err != nil {
			if err := c.opts.Refuse(c.rows, c.text(c.row-1), err); err != nil {
				return err
			}
			to.Truncate(to.Rows)
			continue
		}
		to.Rows++
		c.lines = append(c.lines, c.rows)
		if c.opts.Taken != nil {
			if err := c.opts.Taken(c.rows, func() []byte { return c.text(c.row - 1) }); err != nil {
				return err
			}
		}
	}
	return nil
}

// whole adds all rows of the chunk at once, and reports false, with nothing added, if
// they must be looked at one by one: a value is converted, may be refused, or is asked
// for by the caller.
func (c *converter) whole(to *cells.Chunk) bool {
	if c.opts.Taken != nil || c.chunk.Rows > to.Room {
		return false
	}
	for i := range to.Cells {
		k := c.place[i]
		if k < 0 || !c.same[i] {
			return false
		}
		from := &c.chunk.Cells[k]
		if !to.Columns[i].Nullable && slices.Contains(from.Nulls, true) ||
			slices.ContainsFunc(from.Floats, func(f float64) bool { return f != f }) {
			return false
		}
	}
	for i := range to.Cells {
		to.Cells[i].Take(&c.chunk.Cells[c.place[i]])
	}
	to.Rows, c.row = c.chunk.Rows, c.chunk.Rows
	for range to.Rows {
		c.rows++
		c.lines = append(c.lines, c.rows)
	}
	return true
}

// text is a row of the file as JSON, with a text that is not UTF-8 as bytes are.
func (c *converter) text(row int) []byte {
	var b []byte
	for i := range c.chunk.Cells {
		b = append(b, "{,"[min(i, 1)])
		b = append(cells.AppendJSONText(b, c.chunk.Columns[i].Name), ':')
		switch v, col := &c.chunk.Cells[i], c.chunk.Columns[i]; {
		case v.IsNull(row):
			b = append(b, "null"...)
		case col.Type == schema.Text && !utf8.Valid(v.At(row)):
			col.Type = schema.Blob
			b = cells.AppendJSON(b, &col, v, row)
		default:
			b = cells.AppendJSON(b, &col, v, row)
		}
	}
	return append(b, '}')
}

// take adds a row. After an error some of its cells may be in the chunk.
func (c *converter) take(to *cells.Chunk, row int) error {
	for i := range to.Cells {
		col, v, k := &to.Columns[i], &to.Cells[i], c.place[i]
		if k < 0 {
			if err := absent(col, v, c.fixed[i]); err != nil {
				return err
			}
			continue
		}
		from := &c.chunk.Cells[k]
		switch {
		case from.IsNull(row) && col.Nullable:
			v.Null()
		case from.IsNull(row):
			return &schema.ValueError{Column: col.Name, Err: schema.ErrNull}
		case v.Form == cells.AsFloat && from.Form == cells.AsFloat && from.Floats[row] != from.Floats[row]:
			null, err := col.CheckFloat(from.Floats[row])
			if err != nil {
				return err
			}
			if null {
				v.Null()
			}
		case c.same[i]:
			v.Copy(from, row)
		default:
			if err := convertValue(col, v, &c.chunk.Columns[k], from, row); err != nil {
				return err
			}
		}
	}
	return nil
}

// isWords reports whether the values of a column are text.
func isWords(c *schema.Column) bool { return c.Type == schema.Text || c.Type == schema.JSON }

// convertValue adds a value of another column's type. Numbers and times must be the
// same afterwards; text is read as it would be from CSV; a text and its bytes
// stand for each other.
func convertValue(col *schema.Column, v *cells.Cells, have *schema.Column, from *cells.Cells, row int) error {
	words := isWords(col) || isWords(have)
	inexact := func() error {
		return cells.Refused(col, cells.AppendText(nil, have, from, row), literal.ErrInexact)
	}
	switch {
	case col.Type == schema.Blob && isWords(have):
		v.Blob(from.At(row))
		return nil
	case have.Type == schema.Blob && isWords(col):
		b := from.At(row)
		if !utf8.Valid(b) {
			return cells.Refused(col, nil, errors.New("the bytes are not UTF-8 text"))
		}
		return cells.Parse(col, v, b)
	case have.Type == schema.Blob, col.Type == schema.Blob,
		!words && (col.Type == schema.Bool) != (have.Type == schema.Bool),
		!words && (col.Type == schema.Time) != (have.Type == schema.Time),
		!words && cells.IsVector(col.Type) != cells.IsVector(have.Type):
		return mismatch(col, have)
	case v.Form == cells.AsFloat && from.Form == cells.AsFloat:
		f := from.Floats[row]
		if col.Type == schema.Float32 && float64(float32(f)) != f {
			return inexact()
		}
		v.Float(f)
		return nil
	case col.Type == schema.Time && have.Type == schema.Time && v.Form == cells.AsInt && from.Form == cells.AsInt:
		n, err := cells.ExactUnix(col, have.TimeOf(from.Ints[row]))
		if err != nil {
			return err
		}
		v.Int(n)
		return nil
	case v.Form == cells.AsInt && from.Form == cells.AsFloat:
		f := from.Floats[row]
		if f != math.Trunc(f) || math.Abs(f) > 1<<53 {
			return inexact()
		}
		return cells.Parse(col, v, fmt.Appendf(nil, "%.0f", f))
	case cells.IsVector(col.Type) && cells.IsVector(have.Type) && col.Type != have.Type:
		return convertVector(col, v, have, from, row)
	}
	// By way of text, which says of each type what it takes.
	return cells.Parse(col, v, cells.AppendText(nil, have, from, row))
}

// convertVector adds the elements of a vector of the other width.
func convertVector(col *schema.Column, v *cells.Cells, have *schema.Column, from *cells.Cells, row int) error {
	packed, width := from.At(row), cells.VectorWidth(have.Type)
	if n := len(packed) / width; col.Dim > 0 && n != col.Dim {
		return cells.Refused(col, cells.AppendText(nil, have, from, row), schema.ErrVectorLen)
	}
	for i := 0; i+width <= len(packed); i += width {
		if have.Type == schema.Vector32 {
			f := math.Float32frombits(binary.LittleEndian.Uint32(packed[i:]))
			v.Bytes = binary.LittleEndian.AppendUint64(v.Bytes, math.Float64bits(float64(f)))
			continue
		}
		f := math.Float64frombits(binary.LittleEndian.Uint64(packed[i:]))
		if f == f && float64(float32(f)) != f {
			return cells.Refused(col, cells.AppendText(nil, have, from, row), literal.ErrInexact)
		}
		v.Bytes = binary.LittleEndian.AppendUint32(v.Bytes, math.Float32bits(float32(f)))
	}
	v.Ends = append(v.Ends, len(v.Bytes))
	return nil
}

// mismatch is the error of a type that a column takes no values of.
func mismatch(col, have *schema.Column) error {
	return &schema.ValueError{Column: col.Name, Err: fmt.Errorf("%w: the file's column is %v, and the table's is %v", cells.ErrValue, have.Type, col.Type)}
}
