package cells

import (
	"math"
	"slices"

	"github.com/galley-db/galley/schema"
)

// chunk is a number of rows, column by column: what moves between a database
// and a file, and from one file to another. Its memory is used again.
//
// It is a [store.Rows]: it can be inserted as it is, any number of times.
type Chunk struct {
	schema  *schema.Schema
	Columns []schema.Column
	Cells   []Cells
	Rows    int
	Room    int   // rows that it is meant for
	bytes   []int // of Cells, those whose values are bytes
}

// cells are the values of one column of a chunk. Which of the slices is used
// follows from the column's type: see formOf.
type Cells struct {
	Form     Form
	Unsigned bool   // of ints: compare as such
	Nulls    []bool // nil as long as there is none
	Ints     []int64
	Floats   []float64
	Bytes    []byte // one value after the other
	Ends     []int  // of each value in bytes
}

// form is how the cells of a column lie in memory.
type Form uint8

const (
	AsInt   Form = iota // ints; a time in the column's unit, a uint64 by its bits
	AsFloat             // floats
	AsBytes             // bytes: text, JSON, RFC 3339 times, blobs and packed vectors
)

func FormOf(c *schema.Column) Form {
	switch c.Type {
	case schema.Float32, schema.Float64:
		return AsFloat
	case schema.Text, schema.JSON, schema.Blob, schema.Vector32, schema.Vector64:
		return AsBytes
	case schema.Time:
		if c.Unit == schema.RFC3339 {
			return AsBytes
		}
	}
	return AsInt
}

// isText reports whether the cells of a column are text, and not plain bytes.
func isText(c *schema.Column) bool {
	return c.Type == schema.Text || c.Type == schema.JSON || c.Type == schema.Time
}

// RowsOf is how many rows a chunk of so many columns has at most.
func RowsOf(columns int) int { return min(max(1<<18/columns, 64), 8192) }

func New(s *schema.Schema) *Chunk {
	c := &Chunk{schema: s, Columns: s.Columns(), Room: RowsOf(len(s.Columns()))}
	c.Cells = make([]Cells, len(c.Columns))
	for i := range c.Columns {
		c.Cells[i].Form = FormOf(&c.Columns[i])
		c.Cells[i].Unsigned = c.Columns[i].Type == schema.Uint64
		if c.Cells[i].Form == AsBytes {
			c.bytes = append(c.bytes, i)
		}
	}
	return c
}

// fullBytes is how many bytes of texts, blobs and vectors a chunk has, and one row
// more.
const fullBytes = 4 << 20

// Schema is the schema of the columns.
func (c *Chunk) Schema() *schema.Schema { return c.schema }

// Swap exchanges the rows of two chunks of the same columns.
func (c *Chunk) Swap(with *Chunk) {
	c.Cells, with.Cells = with.Cells, c.Cells
	c.Rows, with.Rows = with.Rows, c.Rows
}

// Grow makes room for rows in an empty chunk: for numbers, and for the ends of bytes.
func (c *Chunk) Grow(rows int) {
	for i := range c.Cells {
		switch v := &c.Cells[i]; v.Form {
		case AsInt:
			v.Ints = slices.Grow(v.Ints, rows)
		case AsFloat:
			v.Floats = slices.Grow(v.Floats, rows)
		case AsBytes:
			v.Ends = slices.Grow(v.Ends, rows)
		}
	}
}

// reset takes all rows out.
func (c *Chunk) Reset() { c.Truncate(0) }

// truncate leaves the first n rows.
func (c *Chunk) Truncate(n int) {
	for i := range c.Cells {
		c.Cells[i].Truncate(n)
	}
	c.Rows = n
}

// Full reports whether the chunk takes no further row: it has as many as it is meant
// for, or their values are large.
func (c *Chunk) Full() bool { return c.Rows >= c.Room || c.large() }

func (c *Chunk) large() bool {
	n := 0
	for _, i := range c.bytes {
		n += len(c.Cells[i].Bytes)
	}
	return n >= fullBytes
}

// Ahead is how many rows the chunk should have before it is asked again whether it is
// Full, for a caller that fills it column by column: not many more than it has, while
// the sizes of the values are unknown, and no more than its Room.
func (c *Chunk) Ahead() int { return min(max(2*c.Rows, 1), c.Room) }

func (v *Cells) Truncate(n int) {
	if n == 0 {
		v.Nulls = nil
	}
	if len(v.Nulls) > n {
		v.Nulls = v.Nulls[:n]
	}
	switch v.Form {
	case AsInt:
		v.Ints = v.Ints[:min(n, len(v.Ints))]
	case AsFloat:
		v.Floats = v.Floats[:min(n, len(v.Floats))]
	case AsBytes:
		v.Ends = v.Ends[:min(n, len(v.Ends))]
		end := 0
		if len(v.Ends) > 0 {
			end = v.Ends[len(v.Ends)-1]
		}
		v.Bytes = v.Bytes[:end]
	}
}

func (v *Cells) Len() int {
	switch v.Form {
	case AsInt:
		return len(v.Ints)
	case AsFloat:
		return len(v.Floats)
	}
	return len(v.Ends)
}

// null adds a NULL.
func (v *Cells) Null() {
	n := v.Len()
	for len(v.Nulls) < n {
		v.Nulls = append(v.Nulls, false)
	}
	v.Nulls = append(v.Nulls, true)
	switch v.Form {
	case AsInt:
		v.Ints = append(v.Ints, 0)
	case AsFloat:
		v.Floats = append(v.Floats, 0)
	case AsBytes:
		v.Ends = append(v.Ends, len(v.Bytes))
	}
}

func (v *Cells) Int(n int64) { v.Ints = append(v.Ints, n) }

// float keeps one NaN of the many, which all mean the same.
func (v *Cells) Float(f float64) {
	if f != f {
		f = math.NaN()
	}
	v.Floats = append(v.Floats, f)
}

func (v *Cells) Text(s string) {
	v.Bytes = append(v.Bytes, s...)
	v.Ends = append(v.Ends, len(v.Bytes))
}

func (v *Cells) Blob(b []byte) {
	v.Bytes = append(v.Bytes, b...)
	v.Ends = append(v.Ends, len(v.Bytes))
}

func (v *Cells) IsNull(i int) bool { return i < len(v.Nulls) && v.Nulls[i] }

// at is the i-th value of a column of bytes, valid until the chunk is reset.
func (v *Cells) At(i int) []byte {
	start := 0
	if i > 0 {
		start = v.Ends[i-1]
	}
	return v.Bytes[start:v.Ends[i]]
}

// copy adds the i-th value of another column of the same form.
func (v *Cells) Copy(from *Cells, i int) {
	if from.IsNull(i) {
		v.Null()
		return
	}
	switch v.Form {
	case AsInt:
		v.Ints = append(v.Ints, from.Ints[i])
	case AsFloat:
		v.Floats = append(v.Floats, from.Floats[i])
	case AsBytes:
		v.Blob(from.At(i))
	}
}

// take makes v, which is empty, a copy of another column of the same form.
func (v *Cells) Take(from *Cells) {
	v.Nulls = append(v.Nulls, from.Nulls...)
	v.Ints = append(v.Ints, from.Ints...)
	v.Floats = append(v.Floats, from.Floats...)
	v.Bytes = append(v.Bytes, from.Bytes...)
	v.Ends = append(v.Ends, from.Ends...)
}

// Size is about how many bytes the values take.
func (c *Chunk) Size() (n int) {
	for i := range c.Cells {
		v := &c.Cells[i]
		n += 8*(len(v.Ints)+len(v.Floats)+len(v.Ends)) + len(v.Bytes) + len(v.Nulls)
	}
	return n
}
