package formats

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"

	"github.com/parquet-go/parquet-go"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/literal"
	"github.com/galley-db/galley/internal/repack"
	"github.com/galley-db/galley/schema"
)

// ParquetReader reads a Parquet file in chunks.
type ParquetReader struct {
	File    *parquet.File
	closer  func() error
	table   *schema.Schema
	columns []columnReader
	rows    int64 // in the chunks before
}

// columnReader reads one column through all row groups.
type columnReader interface {
	// read adds values until there are so many, or the file ends.
	read(v *cells.Cells, rows int) error
	end()
}

func OpenParquet(path string) (*ParquetReader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	r, err := NewParquetReader(f, info.Size(), f.Close)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return r, nil
}

// NewParquetReader reads a file of size bytes. The reader's close calls shut;
// the caller does if newParquetReader fails.
func NewParquetReader(f io.ReaderAt, size int64, shut func() error) (r *ParquetReader, err error) {
	packed, err := repack.Open(f, size)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, packed.Close())
		}
	}()
	defer recovered(&err)
	file, err := parquet.OpenFile(packed, packed.Size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, fmt.Errorf("%w: not a Parquet file, or a damaged one: %w", ErrFormat, err)
	}
	r = &ParquetReader{File: file, closer: func() error { return errors.Join(packed.Close(), shut()) }}
	if r.table, err = ownSchema(file); err != nil {
		return nil, err
	}
	if r.table != nil {
		r.own()
		return r, nil
	}
	return r, r.foreign()
}

// own reads a file that galley wrote.
func (r *ParquetReader) own() {
	fields := r.File.Schema().Fields()
	for i := range r.table.Columns() {
		c := &cursor{leaf: leaf{groups: r.File.RowGroups(), index: i}, column: &r.table.Columns()[i], null: 1} // a list has one leaf, too
		if !fields[i].Optional() {
			c.null = 0
		}
		c.divide = 1
		if c.column.Type == schema.Time && c.column.Unit == schema.Seconds {
			c.divide = 1000 // Parquet has no seconds
		}
		r.columns = append(r.columns, c)
	}
}

// foreign reads a file of another program.
func (r *ParquetReader) foreign() error {
	root, err := elements(r.File)
	if err != nil {
		return err
	}
	var columns []schema.Column
	for _, e := range root.children {
		c, reader, err := foreignColumn(r.File, e)
		if err != nil {
			return err
		}
		columns, r.columns = append(columns, c), append(r.columns, reader)
	}
	r.table, err = schema.New("parquet", columns)
	return err
}

// Count is the number of rows.
func (r *ParquetReader) Count() int64 { return r.File.NumRows() }

// recovered turns a panic of the Decoder, which damaged files can cause, into
// an error.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: damaged: %v", ErrFormat, p)
	}
}

func (r *ParquetReader) Schema() *schema.Schema { return r.table }

// next fills c, and leaves it empty at the end of the file.
func (r *ParquetReader) Next(c *cells.Chunk) (err error) {
	defer recovered(&err)
	c.Reset()
	for !c.Full() {
		rows := c.Ahead()
		for i, column := range r.columns {
			name := r.table.Columns()[i].Name
			if err := column.read(&c.Cells[i], rows); err != nil {
				return inColumn(name, r.rows+int64(c.Cells[i].Len())+1, err)
			}
			if n := c.Cells[i].Len(); i > 0 && n != c.Cells[0].Len() {
				return fmt.Errorf("%w: column %q has %d values where another has %d", ErrFormat, name, n, c.Cells[0].Len())
			}
		}
		if c.Rows = c.Cells[0].Len(); c.Rows < rows {
			break
		}
	}
	r.rows += int64(c.Rows)
	return nil
}

// inColumn is an error of a column: with its row, counted from 1, if a value is to
// blame, and not the page that it is in.
func inColumn(name string, row int64, err error) error {
	var value *schema.ValueError
	switch {
	case errors.As(err, &value) && value.Column == name:
		return fmt.Errorf("row %d: %w", row, err)
	case value != nil, errors.Is(err, cells.ErrValue):
		return fmt.Errorf("row %d: column %q: %w", row, name, err)
	}
	return fmt.Errorf("column %q: %w", name, err)
}

func (r *ParquetReader) Close() error {
	for _, c := range r.columns {
		c.end()
	}
	return r.closer()
}

// nothing reads a column without values.
type nothing struct{ rows int64 }

func (n *nothing) read(v *cells.Cells, rows int) error {
	for ; v.Len() < rows && n.rows > 0; n.rows-- {
		v.Null()
	}
	return nil
}

func (n *nothing) end() {}

// foreign reads a column of plain values of another program's file.
type foreign struct {
	leaf
	kind *kind
}

func (f *foreign) read(v *cells.Cells, rows int) error {
	for v.Len() < rows {
		more, err := f.peek()
		if err != nil || !more {
			return err
		}
		n := min(rows-v.Len(), len(f.ready))
		for i := range f.ready[:n] {
			if f.ready[i].IsNull() {
				v.Null()
			} else if err := f.kind.take(v, &f.ready[i]); err != nil {
				return err
			}
		}
		f.ready = f.ready[n:]
	}
	return nil
}

// cursor reads a column as galley writes it, or a vector.
type cursor struct {
	leaf
	column *schema.Column
	null   int // definition level of a value that is present, or of an empty list
	divide int64
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
			if err := c.take(v, &c.ready[i]); err != nil {
				return err
			}
		}
		c.ready = c.ready[n:]
	}
	return nil
}

// take adds one value.
func (c *cursor) take(v *cells.Cells, value *parquet.Value) error {
	if value.IsNull() {
		v.Null()
		return nil
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
			return nil
		}
		v.Int(int64(value.Int32()))
	case parquet.Int64:
		n := value.Int64()
		if n%c.divide != 0 { // another program has changed it
			return cells.Refused(c.column, strconv.AppendInt(nil, n, 10), literal.ErrInexact)
		}
		v.Int(n / c.divide)
	case parquet.Float:
		v.Float(float64(value.Float()))
	case parquet.Double:
		v.Float(value.Double())
	default:
		v.Blob(value.ByteArray())
	}
	return nil
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
