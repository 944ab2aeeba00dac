package formats

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/schema"
)

// parquetReader reads a Parquet file in chunks.
type ParquetReader struct {
	File    *parquet.File
	closer  func() error
	table   *schema.Schema
	cursors []*cursor
}

func OpenParquet(path string) (*ParquetReader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	r, err := newParquetReader(f)
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return r, nil
}

// newParquetReader takes f over: it is closed along with the reader.
func newParquetReader(f *os.File) (r *ParquetReader, err error) {
	defer recovered(&err)
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	file, err := parquet.OpenFile(f, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, fmt.Errorf("%w: no Parquet file, or a damaged one: %w", ErrFormat, err)
	}
	table, err := tableSchema(file)
	if err != nil {
		return nil, err
	}
	r = &ParquetReader{File: file, closer: f.Close, table: table}
	fields := file.Schema().Fields()
	leaf := 0
	for i := range table.Columns() {
		c := &cursor{groups: file.RowGroups(), leaf: leaf, column: &table.Columns()[i], null: 1}
		if !fields[i].Optional() {
			c.null = 0
		}
		c.scale, c.divide = timeScale(fields[i], c.column)
		r.cursors = append(r.cursors, c)
		leaf++ // a list has one leaf, too
	}
	return r, nil
}

// recovered turns a panic of the decoder, which damaged files can bring
// about, into an error.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: damaged: %v", ErrFormat, p)
	}
}

// timeScale says by what a stored number is multiplied and divided to be in
// the column's unit: Parquet has dates in days, and no seconds.
func timeScale(field parquet.Field, c *schema.Column) (multiply, divide int64) {
	if c.Type != schema.Time || c.Unit != schema.Seconds {
		return 1, 1
	}
	if logical := field.Type().LogicalType(); logical != nil {
		if _, date := logical.Value.(*format.DateType); date {
			return 24 * 60 * 60, 1
		}
	}
	return 1, 1000
}

func (r *ParquetReader) Schema() *schema.Schema { return r.table }

// next fills c, and leaves it empty at the end of the file.
func (r *ParquetReader) Next(c *cells.Chunk) (err error) {
	defer recovered(&err)
	c.Reset()
	for i, cur := range r.cursors {
		if err := cur.read(&c.Cells[i], c.Room); err != nil {
			return fmt.Errorf("column %q: %w", cur.column.Name, err)
		}
		if n := c.Cells[i].Len(); i > 0 && n != c.Cells[0].Len() {
			return fmt.Errorf("%w: column %q has %d values where another has %d", ErrFormat, cur.column.Name, n, c.Cells[0].Len())
		}
	}
	c.Rows = c.Cells[0].Len()
	return nil
}

func (r *ParquetReader) Close() error {
	for _, c := range r.cursors {
		c.end()
	}
	return r.closer()
}

// cursor reads one column through all row groups.
type cursor struct {
	groups []parquet.RowGroup
	leaf   int
	column *schema.Column
	null   int // definition level of a value that exists, or of an empty list
	scale  int64
	divide int64

	values parquet.ColumnChunkValueReader
	buf    []parquet.Value
	ready  []parquet.Value // read and not taken yet
}

// peek makes sure that there is a value that was not taken, and reports false
// at the end of the file.
func (c *cursor) peek() (bool, error) {
	if c.buf == nil {
		c.buf = make([]parquet.Value, 1024)
	}
	for len(c.ready) == 0 {
		if c.values == nil {
			if len(c.groups) == 0 {
				return false, nil
			}
			chunks := c.groups[0].ColumnChunks()
			if c.leaf >= len(chunks) {
				return false, fmt.Errorf("%w: the column is missing in a row group", ErrFormat)
			}
			c.values = parquet.NewColumnChunkValueReader(chunks[c.leaf])
			c.groups = c.groups[1:]
		}
		n, err := c.values.ReadValues(c.buf)
		c.ready = c.buf[:n]
		if err != nil && !errors.Is(err, io.EOF) {
			return false, err
		}
		if n == 0 {
			c.end()
		}
	}
	return true, nil
}

func (c *cursor) end() {
	if c.values != nil {
		_ = c.values.Close()
		c.values = nil
	}
}

func (c *cursor) read(v *cells.Cells, rows int) error {
	vector := cells.IsVector(c.column.Type)
	for v.Len() < rows {
		more, err := c.peek()
		if err != nil || !more {
			return err
		}
		if vector {
			if err := c.vector(v); err != nil {
				return err
			}
			continue
		}
		n := min(rows-v.Len(), len(c.ready))
		for i := range c.ready[:n] {
			c.take(v, &c.ready[i])
		}
		c.ready = c.ready[n:]
	}
	return nil
}

// take adds one value.
func (c *cursor) take(v *cells.Cells, value *parquet.Value) {
	if value.IsNull() {
		v.Null()
		return
	}
	switch value.Kind() {
	case parquet.Boolean:
		v.Int(0)
		if value.Boolean() {
			v.Ints[len(v.Ints)-1] = 1
		}
	case parquet.Int32:
		if t := c.column.Type; t == schema.Uint8 || t == schema.Uint16 || t == schema.Uint32 {
			v.Int(int64(value.Uint32()))
			return
		}
		v.Int(int64(value.Int32()) * c.scale)
	case parquet.Int64:
		v.Int(value.Int64() / c.divide)
	case parquet.Float:
		v.Float(float64(value.Float()))
	case parquet.Double:
		v.Float(value.Double())
	default:
		v.Blob(value.ByteArray())
	}
}

// vector adds one list.
func (c *cursor) vector(v *cells.Cells) error {
	first := c.ready[0]
	c.ready = c.ready[1:]
	if first.IsNull() {
		if first.DefinitionLevel() < c.null {
			v.Null()
		} else {
			v.Blob(nil)
		}
		return nil
	}
	v.Bytes = appendFloat(v.Bytes, &first)
	for {
		more, err := c.peek()
		if err != nil {
			return err
		}
		if !more || c.ready[0].RepetitionLevel() == 0 {
			break
		}
		v.Bytes = appendFloat(v.Bytes, &c.ready[0])
		c.ready = c.ready[1:]
	}
	v.Ends = append(v.Ends, len(v.Bytes))
	return nil
}

func appendFloat(b []byte, value *parquet.Value) []byte {
	if value.Kind() == parquet.Float {
		return binary.LittleEndian.AppendUint32(b, math.Float32bits(value.Float()))
	}
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(value.Double()))
}
