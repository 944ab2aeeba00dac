package batchfile

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"unsafe"

	"github.com/galley-db/galley/internal/record"
	"github.com/galley-db/galley/schema"
)

// errKind is a value of another storage class than its column's.
var errKind = errors.New("wrong storage class")

// checker holds records against a schema.
type checker struct {
	columns []schema.Column
	key     string // of the batch column, "" where it is not compared
	cells   []record.Cell
}

// check returns rec in the form in which galley writes it, which is rec itself
// as a rule, or what is wrong with the row. SQLite stores a real that is a whole
// number as an integer, and galley as a real.
func (c *checker) check(rec []byte) ([]byte, error) {
	cells, err := record.Parse(rec, c.cells)
	c.cells = cells
	if err != nil {
		return nil, err
	}
	if len(cells) != len(c.columns) {
		return nil, fmt.Errorf("%d values, want %d", len(cells), len(c.columns))
	}
	canonical := true
	header, size := 0, 0
	for i := range cells {
		cell, column := &cells[i], &c.columns[i]
		if err := c.value(column, cell); err != nil {
			var value *schema.ValueError
			if !errors.As(err, &value) {
				err = &schema.ValueError{Column: column.Name, Value: show(cell), Err: err}
			}
			return nil, err
		}
		if was := cell.Serial; cell.Serial >= 1 && cell.Serial <= 9 {
			cells[i] = plainest(column, *cell)
			canonical = canonical && cells[i].Serial == was
		}
		header += record.VarintLen(cells[i].Serial)
		size += len(cells[i].Data)
	}
	prefix := 1
	for record.VarintLen(uint64(header+prefix)) > prefix {
		prefix++
	}
	if canonical && prefix+header+size == len(rec) {
		return rec, nil
	}
	out := record.AppendVarint(make([]byte, 0, prefix+header+size), uint64(prefix+header))
	for i := range cells {
		out = record.AppendVarint(out, cells[i].Serial)
	}
	for i := range cells {
		out = append(out, cells[i].Data...)
	}
	return out, nil
}

// plainest is a number in the one form that galley writes.
func plainest(c *schema.Column, cell record.Cell) record.Cell {
	if c.Type == schema.Float32 || c.Type == schema.Float64 {
		v := cell.Float64()
		if cell.Serial == serialReal && (v != 0 || !math.Signbit(v)) {
			return cell
		}
		if v == 0 {
			v = 0 // drops the sign
		}
		return record.RealCell(v)
	}
	v := cell.Int64()
	switch {
	case v == 0 || v == 1:
		return record.Cell{Serial: 8 + uint64(v)}
	case v == int64(int8(v)):
		return shrink(cell, v, 1, 1)
	case v == int64(int16(v)):
		return shrink(cell, v, 2, 2)
	case v == v<<40>>40:
		return shrink(cell, v, 3, 3)
	case v == int64(int32(v)):
		return shrink(cell, v, 4, 4)
	case v == v<<16>>16:
		return shrink(cell, v, 5, 6)
	}
	return cell
}

const serialReal = 7

// shrink is the integer v with its low bytes only.
func shrink(cell record.Cell, v int64, serial uint64, size int) record.Cell {
	if cell.Serial == serial {
		return cell
	}
	return record.Cell{Serial: serial, Data: binary.BigEndian.AppendUint64(nil, uint64(v))[8-size:]}
}

// value returns what is wrong with a value of column c.
func (k *checker) value(c *schema.Column, cell *record.Cell) error {
	kind := cell.Kind()
	if kind == record.Null {
		if !c.Nullable {
			return schema.ErrNull
		}
		return nil
	}
	switch c.Type {
	case schema.Float32, schema.Float64:
		return number(c, cell, kind)
	case schema.Text, schema.JSON:
		if kind != record.Text {
			return errKind
		}
		text := view(cell.Data)
		if err := c.CheckText(text); err != nil {
			return err
		}
		if c.Type == schema.JSON && !json.Valid(cell.Data) {
			return errors.New("not valid JSON")
		}
		if c.Batch && k.key != "" && text != k.key {
			return fmt.Errorf("the batch's key is %q", k.key)
		}
	case schema.Blob:
		if kind != record.Blob {
			return errKind
		}
	case schema.Vector32, schema.Vector64:
		size := 4
		if c.Type == schema.Vector64 {
			size = 8
		}
		switch {
		case kind != record.Blob:
			return errKind
		case len(cell.Data)%size != 0 || c.Dim != 0 && len(cell.Data) != c.Dim*size:
			return fmt.Errorf("%d bytes do not fit %s", len(cell.Data), c.Spec())
		}
	default:
		return integer(c, cell, kind)
	}
	return nil
}

// number checks a float.
func number(c *schema.Column, cell *record.Cell, kind record.Kind) error {
	if kind != record.Real && kind != record.Integer {
		return errKind
	}
	v := cell.Float64()
	if kind == record.Integer && int64(v) != cell.Int64() {
		return schema.ErrOverflow
	}
	if v != v {
		return schema.ErrNaN
	}
	if c.Type == schema.Float32 && float64(float32(v)) != v {
		return fmt.Errorf("not a float32: %w", schema.ErrOverflow)
	}
	return nil
}

// integer checks the types that are stored as INTEGER, and times and unsigned
// integers that are stored in another form.
func integer(c *schema.Column, cell *record.Cell, kind record.Kind) error {
	switch {
	case c.Type == schema.Time && c.Unit == schema.RFC3339:
		if kind != record.Text {
			return errKind
		}
		t, err := c.ParseTime(string(cell.Data))
		if err != nil {
			return err
		}
		if want, err := c.FormatTime(t); err != nil || want != string(cell.Data) {
			return fmt.Errorf("write %s", want)
		}
		return nil
	case c.Type == schema.Uint64 && c.Uint == schema.UintText:
		if kind != record.Text {
			return errKind
		}
		if n, err := strconv.ParseUint(string(cell.Data), 10, 64); err != nil || fmt.Sprintf("%020d", n) != string(cell.Data) {
			return errors.New("not an unsigned integer of 20 digits")
		}
		return nil
	case c.Type == schema.Uint64 && c.Uint == schema.UintBlob:
		if kind != record.Blob {
			return errKind
		}
		if len(cell.Data) != 8 {
			return errors.New("not an unsigned integer of 8 bytes")
		}
		return nil
	case kind != record.Integer:
		return errKind
	}
	v := cell.Int64()
	low, high := int64(math.MinInt64), int64(math.MaxInt64)
	switch c.Type {
	case schema.Bool:
		low, high = 0, 1
	case schema.Int8:
		low, high = math.MinInt8, math.MaxInt8
	case schema.Int16:
		low, high = math.MinInt16, math.MaxInt16
	case schema.Int32:
		low, high = math.MinInt32, math.MaxInt32
	case schema.Uint8:
		low, high = 0, math.MaxUint8
	case schema.Uint16:
		low, high = 0, math.MaxUint16
	case schema.Uint32:
		low, high = 0, math.MaxUint32
	case schema.Uint64:
		low = 0
	}
	if v < low || v > high {
		return schema.ErrOverflow
	}
	return nil
}

// view is text without a copy, for calls that do not keep it.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// show is a value for an error, cut to a length that fits a line.
func show(c *record.Cell) any {
	switch c.Kind() {
	case record.Null:
		return nil
	case record.Integer:
		return c.Int64()
	case record.Real:
		return c.Float64()
	}
	const most = 64
	b := bytes.Clone(c.Data[:min(len(c.Data), most)])
	if c.Kind() == record.Text {
		return string(b)
	}
	return b
}
