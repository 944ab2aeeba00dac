package export

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"github.com/galley-db/galley/schema"
)

// parquetWriter writes chunks as a Parquet file, column by column. A row
// group's encoded and compressed pages are in memory until it is complete.
type parquetWriter struct {
	out     io.Writer
	options []parquet.WriterOption
	file    *parquet.GenericWriter[any] // nil before the first chunk
	columns []*parquet.ColumnWriter
	schema  *schema.Schema
	values  []parquet.Value
	rows    int // in the row group
	group   int // rows that a row group has at most
}

// groupCells bounds the memory that a row group takes, in cells.
const groupCells = 4 << 20

func newParquetWriter(w io.Writer, s *schema.Schema, form string) (*parquetWriter, error) {
	options, err := parquetMetadata(s, form)
	if err != nil {
		return nil, err
	}
	options = append(options,
		parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest}),
		parquet.CreatedBy("galley", "1", ""),
		parquet.DictionaryMaxBytes(256<<10), // beyond that, text does not repeat enough
		parquet.PageBufferSize(512<<10),
		parquet.DataPageStatistics(false), // the page index has them
	)
	group := min(max(groupCells/len(s.Columns()), chunkRows(len(s.Columns()))), 512<<10)
	return &parquetWriter{out: w, options: options, schema: s, group: group}, nil
}

// begin begins the file. Which columns get a dictionary, the first chunk says.
func (pw *parquetWriter) begin(first *chunk) {
	options := append(pw.options, parquetSchema(pw.schema, first))
	pw.file = parquet.NewGenericWriter[any](pw.out, options...)
	pw.columns = pw.file.ColumnWriters()
}

func (pw *parquetWriter) write(c *chunk) error {
	if pw.file == nil {
		pw.begin(c)
	}
	for i := range c.cells {
		values, err := pw.valuesOf(&c.columns[i], &c.cells[i], c.rows, i)
		if err != nil {
			return err
		}
		if _, err := pw.columns[i].WriteRowValues(values); err != nil {
			return fmt.Errorf("column %q: %w", c.columns[i].Name, err)
		}
	}
	if pw.rows += c.rows; pw.rows >= pw.group {
		pw.rows = 0
		return pw.file.Flush()
	}
	return nil
}

func (pw *parquetWriter) close() error {
	if pw.file == nil {
		pw.begin(newChunk(pw.schema))
	}
	return pw.file.Close()
}

// valuesOf are a column's cells as Parquet takes them. They share the chunk's
// memory.
func (pw *parquetWriter) valuesOf(col *schema.Column, v *cells, rows, index int) ([]parquet.Value, error) {
	out := pw.values[:0]
	if isVector(col.Type) {
		for k := range rows {
			out = appendVector(out, col, v, k, index)
		}
		pw.values = out
		return out, nil
	}
	out = slices.Grow(out, rows)[:rows]
	pw.values = out
	if err := fill(out, col, v); err != nil {
		return nil, err
	}
	if !col.Nullable {
		return out, nil
	}
	for k := range out {
		if v.isNull(k) {
			out[k] = parquet.NullValue().Level(0, 0, index)
		} else {
			out[k] = out[k].Level(0, 1, index)
		}
	}
	return out, nil
}

func isVector(t schema.Type) bool { return t == schema.Vector32 || t == schema.Vector64 }

// fill makes values of a column's cells, without their levels. Each kind has
// a loop of its own: this is where an export of numbers spends its time.
func fill(out []parquet.Value, col *schema.Column, v *cells) error {
	switch v.form {
	case asFloat:
		if col.Type == schema.Float32 {
			for k, f := range v.floats {
				out[k] = parquet.FloatValue(float32(f))
			}
			return nil
		}
		for k, f := range v.floats {
			out[k] = parquet.DoubleValue(f)
		}
		return nil
	case asBytes:
		start := 0
		for k, end := range v.ends {
			out[k] = parquet.ByteArrayValue(v.bytes[start:end])
			start = end
		}
		return nil
	}
	switch col.Type {
	case schema.Bool:
		for k, n := range v.ints {
			out[k] = parquet.BooleanValue(n != 0)
		}
	case schema.Int8, schema.Int16, schema.Int32, schema.Uint8, schema.Uint16, schema.Uint32:
		for k, n := range v.ints {
			out[k] = parquet.Int32Value(int32(n))
		}
	case schema.Time:
		return fillTimes(out, col, v)
	default:
		for k, n := range v.ints {
			out[k] = parquet.Int64Value(n)
		}
	}
	return nil
}

// fillTimes is fill for times, of which Parquet has none in seconds.
func fillTimes(out []parquet.Value, col *schema.Column, v *cells) error {
	scale := int64(1)
	if col.Unit == schema.Seconds {
		scale = 1000
	}
	for k, n := range v.ints {
		if n > math.MaxInt64/scale || n < math.MinInt64/scale {
			return &schema.ValueError{Column: col.Name, Value: col.TimeOf(n), Err: schema.ErrTimeRange}
		}
		out[k] = parquet.Int64Value(n * scale)
	}
	return nil
}

// appendVector adds the elements of a list. Their levels say where a list
// begins, and whether it is empty or NULL.
func appendVector(out []parquet.Value, col *schema.Column, v *cells, k, index int) []parquet.Value {
	present := 0
	if col.Nullable {
		present = 1
	}
	if v.isNull(k) {
		return append(out, parquet.NullValue().Level(0, 0, index))
	}
	b, width := v.at(k), vectorWidth(col.Type)
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
