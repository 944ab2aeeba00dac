package formats

import (
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"math"
	"runtime"
	"slices"
	"sync/atomic"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/schema"
)

// parquetWriter writes chunks as a Parquet file, column by column. The columns of a
// chunk are encoded on all cores: each has buffers of its own, so the file does not
// depend on their number. A row group's encoded and compressed pages are in memory
// until it is complete.
type parquetWriter struct {
	out     io.Writer
	options []parquet.WriterOption
	fields  []ParquetField              // of the columns; nil where this package chooses
	file    *parquet.GenericWriter[any] // nil before the first chunk
	columns []*parquet.ColumnWriter
	schema  *schema.Schema
	values  [][]parquet.Value // of a column, one for each goroutine
	rows    int               // in the row group
	bytes   int               // of its values
	group   int               // rows that a row group has at most
	large   int               // bytes of values from which it is complete
}

// groupCells and groupBytes bound the memory that a row group takes, in cells and in
// bytes of values.
const (
	groupCells = 4 << 20
	groupBytes = 256 << 20
)

func NewParquetWriter(w io.Writer, s *schema.Schema, form string) (*parquetWriter, error) {
	metadata, err := parquetMetadata(s, form)
	if err != nil {
		return nil, err
	}
	return newParquetWriter(w, s, metadata, nil), nil
}

// ParquetField is a column of a file whose layout another format prescribes.
type ParquetField struct {
	ID   int          // the field's number in the file
	Node parquet.Node // the type, not optional; nil for the type that galley chooses
}

// NewParquetWriterOf returns a writer whose columns have these fields, and whose
// file has this metadata. A column of bytes fits a Node of bytes of a fixed length.
func NewParquetWriterOf(w io.Writer, s *schema.Schema, fields []ParquetField, metadata map[string]string) Encoder {
	var options []parquet.WriterOption
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		options = append(options, parquet.KeyValueMetadata(key, metadata[key]))
	}
	pw := newParquetWriter(w, s, options, fields)
	pw.large = prescribedBytes
	return pw
}

// prescribedBytes is groupBytes for a file whose layout another format prescribes. Such
// a file may go to object storage, where parts of it are in memory, too.
const prescribedBytes = 32 << 20

func newParquetWriter(w io.Writer, s *schema.Schema, options []parquet.WriterOption, fields []ParquetField) *parquetWriter {
	options = append(options,
		parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest}),
		parquet.CreatedBy("galley", "1", ""),
		parquet.DictionaryMaxBytes(256<<10), // beyond that, text does not repeat enough
		parquet.PageBufferSize(512<<10),
		parquet.DataPageStatistics(false), // the page index has them
	)
	group := min(max(groupCells/len(s.Columns()), cells.RowsOf(len(s.Columns()))), 512<<10)
	goroutines := min(runtime.GOMAXPROCS(0), 8, len(s.Columns()))
	return &parquetWriter{out: w, options: options, fields: fields, schema: s, group: group, large: groupBytes, values: make([][]parquet.Value, goroutines)}
}

// boundBytes is how large the values of a column are, on average, whose smallest and
// largest values are in the file's index. The index of the whole file is in memory.
const boundBytes = 4 << 10

// begin begins the file. The first chunk decides which columns get a dictionary, and
// which have bounds.
func (pw *parquetWriter) begin(first *cells.Chunk) {
	options := append(pw.options, parquetSchema(pw.schema, pw.fields, first))
	for i := range first.Cells {
		if v := &first.Cells[i]; v.Form == cells.AsBytes && len(v.Bytes) > boundBytes*len(v.Ends) {
			options = append(options, parquet.SkipPageBounds(pw.schema.Columns()[i].Name))
		}
	}
	pw.file = parquet.NewGenericWriter[any](pw.out, options...)
	pw.columns = pw.file.ColumnWriters()
}

func (pw *parquetWriter) Write(c *cells.Chunk) error {
	if pw.file == nil {
		pw.begin(c)
	}
	if err := pw.encode(c); err != nil {
		return err
	}
	pw.rows, pw.bytes = pw.rows+c.Rows, pw.bytes+c.Size()
	if pw.rows >= pw.group || pw.bytes >= pw.large {
		pw.rows, pw.bytes = 0, 0
		return pw.file.Flush()
	}
	return nil
}

// encode gives the columns of a chunk to goroutines, one at a time to each. It returns
// the error of the first column that has one.
func (pw *parquetWriter) encode(c *cells.Chunk) error {
	var next atomic.Int32
	failed := make([]error, len(c.Cells))
	together(len(pw.values), func(g int) {
		for i := int(next.Add(1)) - 1; i < len(c.Cells); i = int(next.Add(1)) - 1 {
			failed[i] = pw.column(c, i, &pw.values[g])
		}
	})
	for _, err := range failed {
		if err != nil {
			return err
		}
	}
	return nil
}

// column adds the values of a column to its pages.
func (pw *parquetWriter) column(c *cells.Chunk, i int, scratch *[]parquet.Value) error {
	values, err := valuesOf((*scratch)[:0], &c.Columns[i], &c.Cells[i], c.Rows, i)
	if err != nil {
		return err
	}
	*scratch = values
	for _, page := range pagesOf(values, &c.Cells[i]) {
		if _, err := pw.columns[i].WriteRowValues(page); err != nil {
			return fmt.Errorf("column %q: %w", c.Columns[i].Name, err)
		}
	}
	return nil
}

// pageBytes is how many bytes of values go into a page, and one value more. A page's
// length is 32 bits in its header.
const pageBytes = 16 << 20

// pagesOf divides the values of a column where their bytes are too many for one
// page.
func pagesOf(values []parquet.Value, v *cells.Cells) (pages [][]parquet.Value) {
	if v.Form != cells.AsBytes || len(v.Bytes) <= pageBytes || len(values) != len(v.Ends) { // elements of a vector stay together
		return [][]parquet.Value{values}
	}
	first, from := 0, 0
	for k, end := range v.Ends {
		if end-from >= pageBytes {
			pages = append(pages, values[first:k+1])
			first, from = k+1, end
		}
	}
	if first < len(values) {
		pages = append(pages, values[first:])
	}
	return pages
}

func (pw *parquetWriter) Close() error {
	if pw.file == nil {
		pw.begin(cells.New(pw.schema))
	}
	return pw.file.Close()
}

// valuesOf are a column's cells as Parquet takes them, in the room of out. They share
// the chunk's memory.
func valuesOf(out []parquet.Value, col *schema.Column, v *cells.Cells, rows, index int) ([]parquet.Value, error) {
	if cells.IsVector(col.Type) {
		for k := range rows {
			out = appendVector(out, col, v, k, index)
		}
		return out, nil
	}
	out = slices.Grow(out, rows)[:rows]
	if err := fill(out, col, v); err != nil {
		return nil, err
	}
	if !col.Nullable {
		return out, nil
	}
	for k := range out {
		if v.IsNull(k) {
			out[k] = parquet.NullValue().Level(0, 0, index)
		} else {
			out[k] = out[k].Level(0, 1, index)
		}
	}
	return out, nil
}

// fill makes values of a column's cells, without their levels. Each kind has
// a loop of its own: this is where an export of numbers spends its time.
func fill(out []parquet.Value, col *schema.Column, v *cells.Cells) error {
	switch v.Form {
	case cells.AsFloat:
		if col.Type == schema.Float32 {
			for k, f := range v.Floats {
				out[k] = parquet.FloatValue(float32(f))
			}
			return nil
		}
		for k, f := range v.Floats {
			out[k] = parquet.DoubleValue(f)
		}
		return nil
	case cells.AsBytes:
		start := 0
		for k, end := range v.Ends {
			out[k] = parquet.ByteArrayValue(v.Bytes[start:end])
			start = end
		}
		return nil
	}
	switch col.Type {
	case schema.Bool:
		for k, n := range v.Ints {
			out[k] = parquet.BooleanValue(n != 0)
		}
	case schema.Int8, schema.Int16, schema.Int32, schema.Uint8, schema.Uint16, schema.Uint32:
		for k, n := range v.Ints {
			out[k] = parquet.Int32Value(int32(n))
		}
	case schema.Time:
		return fillTimes(out, col, v)
	default:
		for k, n := range v.Ints {
			out[k] = parquet.Int64Value(n)
		}
	}
	return nil
}

// fillTimes is fill for times, of which Parquet has none in seconds.
func fillTimes(out []parquet.Value, col *schema.Column, v *cells.Cells) error {
	scale := int64(1)
	if col.Unit == schema.Seconds {
		scale = 1000
	}
	for k, n := range v.Ints {
		if n > math.MaxInt64/scale || n < math.MinInt64/scale {
			return &schema.ValueError{Column: col.Name, Value: col.TimeOf(n), Err: schema.ErrTimeRange}
		}
		out[k] = parquet.Int64Value(n * scale)
	}
	return nil
}

// appendVector adds the elements of a list. Their levels say where a list
// begins, and whether it is empty or NULL.
func appendVector(out []parquet.Value, col *schema.Column, v *cells.Cells, k, index int) []parquet.Value {
	present := 0
	if col.Nullable {
		present = 1
	}
	if v.IsNull(k) {
		return append(out, parquet.NullValue().Level(0, 0, index))
	}
	b, width := v.At(k), cells.VectorWidth(col.Type)
	if len(b) < width {
		return append(out, parquet.NullValue().Level(0, present, index))
	}
	repeated := 0
	for ; len(b) >= width; b = b[width:] {
		var value parquet.Value
		if width == 4 {
			value = parquet.FloatValue(math.Float32frombits(binary.LittleEndian.Uint32(b)))
		} else {
			value = parquet.DoubleValue(math.Float64frombits(binary.LittleEndian.Uint64(b)))
		}
		out = append(out, value.Level(repeated, present+1, index))
		repeated = 1
	}
	return out
}
