package export

import (
	"math"

	"github.com/galley-db/galley/schema"
)

// chunk is a number of rows, column by column: what moves between a database
// and a file, and from one file to another. Its memory is used again.
//
// It is a [store.Rows]: it can be inserted as it is, any number of times.
type chunk struct {
	schema  *schema.Schema
	columns []schema.Column
	cells   []cells
	rows    int
	room    int // rows that it is meant for
}

// cells are the values of one column of a chunk. Which of the slices is used
// follows from the column's type: see formOf.
type cells struct {
	form     form
	unsigned bool   // of ints: compare as such
	nulls    []bool // nil as long as there is none
	ints     []int64
	floats   []float64
	bytes    []byte // one value after the other
	ends     []int  // of each value in bytes
}

// form is how the cells of a column lie in memory.
type form uint8

const (
	asInt   form = iota // ints; a time in the column's unit, a uint64 by its bits
	asFloat             // floats
	asBytes             // bytes: text, JSON, RFC 3339 times, blobs and packed vectors
)

func formOf(c *schema.Column) form {
	switch c.Type {
	case schema.Float32, schema.Float64:
		return asFloat
	case schema.Text, schema.JSON, schema.Blob, schema.Vector32, schema.Vector64:
		return asBytes
	case schema.Time:
		if c.Unit == schema.RFC3339 {
			return asBytes
		}
	}
	return asInt
}

// isText tells a column whose cells are text from one whose are plain bytes.
func isText(c *schema.Column) bool {
	return c.Type == schema.Text || c.Type == schema.JSON || c.Type == schema.Time
}

// chunkRows is how many rows a chunk has at most. It depends on the number of
// columns alone, so that what is summed block by block is the same whoever
// cuts a table into chunks.
func chunkRows(columns int) int { return min(max(1<<18/columns, 64), 8192) }

func newChunk(s *schema.Schema) *chunk {
	c := &chunk{schema: s, columns: s.Columns(), room: chunkRows(len(s.Columns()))}
	c.cells = make([]cells, len(c.columns))
	for i := range c.columns {
		c.cells[i].form = formOf(&c.columns[i])
		c.cells[i].unsigned = c.columns[i].Type == schema.Uint64
	}
	return c
}

// reset takes all rows out.
func (c *chunk) reset() { c.truncate(0) }

// truncate leaves the first n rows.
func (c *chunk) truncate(n int) {
	for i := range c.cells {
		c.cells[i].truncate(n)
	}
	c.rows = n
}

func (c *chunk) full() bool { return c.rows >= c.room }

func (v *cells) truncate(n int) {
	if n == 0 {
		v.nulls = nil
	}
	if len(v.nulls) > n {
		v.nulls = v.nulls[:n]
	}
	switch v.form {
	case asInt:
		v.ints = v.ints[:min(n, len(v.ints))]
	case asFloat:
		v.floats = v.floats[:min(n, len(v.floats))]
	case asBytes:
		v.ends = v.ends[:min(n, len(v.ends))]
		end := 0
		if len(v.ends) > 0 {
			end = v.ends[len(v.ends)-1]
		}
		v.bytes = v.bytes[:end]
	}
}

func (v *cells) len() int {
	switch v.form {
	case asInt:
		return len(v.ints)
	case asFloat:
		return len(v.floats)
	}
	return len(v.ends)
}

// null adds a NULL.
func (v *cells) null() {
	n := v.len()
	for len(v.nulls) < n {
		v.nulls = append(v.nulls, false)
	}
	v.nulls = append(v.nulls, true)
	switch v.form {
	case asInt:
		v.ints = append(v.ints, 0)
	case asFloat:
		v.floats = append(v.floats, 0)
	case asBytes:
		v.ends = append(v.ends, len(v.bytes))
	}
}

func (v *cells) int(n int64) { v.ints = append(v.ints, n) }

// float keeps one NaN of the many, which all mean the same.
func (v *cells) float(f float64) {
	if f != f {
		f = math.NaN()
	}
	v.floats = append(v.floats, f)
}

func (v *cells) text(s string) {
	v.bytes = append(v.bytes, s...)
	v.ends = append(v.ends, len(v.bytes))
}

func (v *cells) blob(b []byte) {
	v.bytes = append(v.bytes, b...)
	v.ends = append(v.ends, len(v.bytes))
}

func (v *cells) isNull(i int) bool { return i < len(v.nulls) && v.nulls[i] }

// at is the i-th value of a column of bytes, valid until the chunk is reset.
func (v *cells) at(i int) []byte {
	start := 0
	if i > 0 {
		start = v.ends[i-1]
	}
	return v.bytes[start:v.ends[i]]
}

// copy adds the i-th value of another column of the same form.
func (v *cells) copy(from *cells, i int) {
	if from.isNull(i) {
		v.null()
		return
	}
	switch v.form {
	case asInt:
		v.ints = append(v.ints, from.ints[i])
	case asFloat:
		v.floats = append(v.floats, from.floats[i])
	case asBytes:
		v.blob(from.at(i))
	}
}

// take makes v, which is empty, a copy of another column of the same form.
func (v *cells) take(from *cells) {
	v.nulls = append(v.nulls, from.nulls...)
	v.ints = append(v.ints, from.ints...)
	v.floats = append(v.floats, from.floats...)
	v.bytes = append(v.bytes, from.bytes...)
	v.ends = append(v.ends, from.ends...)
}
