package export

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"github.com/galley-db/galley/schema"
)

// parquetWriter writes chunks as a Parquet file, column by column. A row
// group's encoded and compressed pages are in memory until it is complete.
type parquetWriter struct {
	file    *parquet.GenericWriter[any]
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
		parquetSchema(s),
		parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest}),
		parquet.CreatedBy("galley", "1", ""),
		parquet.DictionaryMaxBytes(256<<10), // beyond that, text does not repeat enough
		parquet.PageBufferSize(512<<10),
	)
	pw := &parquetWriter{file: parquet.NewGenericWriter[any](w, options...), schema: s}
	pw.columns = pw.file.ColumnWriters()
	pw.group = min(max(groupCells/len(s.Columns()), chunkRows(len(s.Columns()))), 512<<10)
	return pw, nil
}

func (pw *parquetWriter) write(c *chunk) error {
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

func (pw *parquetWriter) close() error { return pw.file.Close() }

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
	for k := range rows {
		value, err := valueOf(col, v, k)
		if err != nil {
			return nil, err
		}
		out = append(out, value)
	}
	pw.values = out
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

func valueOf(col *schema.Column, v *cells, k int) (parquet.Value, error) {
	switch v.form {
	case asFloat:
		if col.Type == schema.Float32 {
			return parquet.FloatValue(float32(v.floats[k])), nil
		}
		return parquet.DoubleValue(v.floats[k]), nil
	case asBytes:
		return parquet.ByteArrayValue(v.at(k)), nil
	}
	n := v.ints[k]
	switch col.Type {
	case schema.Bool:
		return parquet.BooleanValue(n != 0), nil
	case schema.Int8, schema.Int16, schema.Int32, schema.Uint8, schema.Uint16, schema.Uint32:
		return parquet.Int32Value(int32(n)), nil
	case schema.Time:
		if col.Unit == schema.Seconds {
			if n > math.MaxInt64/1000 || n < math.MinInt64/1000 {
				return parquet.Value{}, &schema.ValueError{Column: col.Name, Value: col.TimeOf(n), Err: schema.ErrTimeRange}
			}
			n *= 1000
		}
	}
	return parquet.Int64Value(n), nil
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
