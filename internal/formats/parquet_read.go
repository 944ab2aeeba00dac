package formats

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/parquet-go/parquet-go"

	"github.com/galley-db/galley/internal/ahead"
	"github.com/galley-db/galley/internal/cells"
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
	cores   int   // columns that are read at once
	errs    []error
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
	r = &ParquetReader{File: file, cores: ahead.Parallel(), closer: func() error { return errors.Join(packed.Close(), shut()) }}
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
		r.read(c, rows)
		for i, err := range r.errs {
			if err != nil {
				return err
			}
			if n := c.Cells[i].Len(); n != c.Cells[0].Len() {
				return fmt.Errorf("%w: column %q has %d values where another has %d", ErrFormat, r.table.Columns()[i].Name, n, c.Cells[0].Len())
			}
		}
		if c.Rows = c.Cells[0].Len(); c.Rows < rows {
			break
		}
	}
	r.rows += int64(c.Rows)
	return nil
}

// fewValues is how many values of a chunk are not worth a goroutine.
const fewValues = 2048

// read adds values to each column until there are so many, or the file ends. Several
// columns are read at once. The errors are those of the columns, in their order.
func (r *ParquetReader) read(c *cells.Chunk, rows int) {
	names := r.table.Columns()
	one := func(i int) (err error) {
		defer recovered(&err)
		v := &c.Cells[i]
		if err := r.columns[i].read(v, rows); err != nil {
			return inColumn(names[i].Name, r.rows+int64(v.Len())+1, err)
		}
		return nil
	}
	r.errs = append(r.errs[:0], make([]error, len(r.columns))...)
	cores := min(r.cores, len(r.columns))
	if (rows-c.Rows)*len(r.columns) < fewValues {
		cores = 1
	}
	var next atomic.Int64
	together(cores, func(int) {
		for {
			i := int(next.Add(1)) - 1
			if i >= len(r.columns) {
				return
			}
			r.errs[i] = one(i)
		}
	})
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
