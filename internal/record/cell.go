package record

import (
	"bytes"
	"encoding/binary"
	"math"
)

// Kind is the storage class of a value: https://sqlite.org/datatype3.html.
type Kind uint8

// The storage classes.
const (
	Null Kind = iota
	Integer
	Real
	Text
	Blob
)

// Serial types with a meaning of their own. From firstBlob on, even ones are
// blobs and odd ones texts, of (serial-firstBlob)/2 bytes.
const (
	serialNull = 0
	serialReal = 7
	serialZero = 8
	serialOne  = 9
	serialBlob = 12
	serialText = 13
)

// sizes are the body lengths of the serial types below serialBlob; 10 and 11
// are reserved.
var sizes = [serialBlob]int8{0, 1, 2, 3, 4, 6, 8, 8, 0, 0, -1, -1}

// Cell is one value of a record. Its zero value is NULL.
type Cell struct {
	Serial uint64 // serial type
	Data   []byte // the value's bytes in the body; a part of the parsed record
}

// IntegerCell is an integer, in eight bytes.
func IntegerCell(v int64) Cell { return Cell{6, binary.BigEndian.AppendUint64(nil, uint64(v))} }

// RealCell is a real.
func RealCell(v float64) Cell {
	return Cell{serialReal, binary.BigEndian.AppendUint64(nil, math.Float64bits(v))}
}

// TextCell is a text.
func TextCell(v string) Cell { return Cell{uint64(len(v))*2 + serialText, []byte(v)} }

// BlobCell is a blob, which keeps v.
func BlobCell(v []byte) Cell { return Cell{uint64(len(v))*2 + serialBlob, v} }

// Kind is the value's storage class. A Real stored as a whole number, as
// SQLite does to save space, is an Integer here: only the table's schema shows the
// difference.
func (c Cell) Kind() Kind {
	switch {
	case c.Serial == serialNull:
		return Null
	case c.Serial == serialReal:
		return Real
	case c.Serial < serialBlob:
		return Integer
	case c.Serial&1 == 0:
		return Blob
	}
	return Text
}

// Int64 is the value of an Integer, and 0 for every other kind.
func (c Cell) Int64() int64 {
	if c.Serial >= serialReal {
		if c.Serial == serialOne {
			return 1
		}
		return 0
	}
	if len(c.Data) == 0 {
		return 0
	}
	v := int64(int8(c.Data[0])) // the first byte carries the sign
	for _, b := range c.Data[1:] {
		v = v<<8 | int64(b)
	}
	return v
}

// Float64 is the value of a Real, that of an Integer as a float, and 0 for
// every other kind.
func (c Cell) Float64() float64 {
	if c.Serial == serialReal && len(c.Data) == 8 {
		return math.Float64frombits(binary.BigEndian.Uint64(c.Data))
	}
	return float64(c.Int64())
}

// Bytes are those of a Text or a Blob, and nil for every other kind. They are
// a part of the parsed record, not a copy.
func (c Cell) Bytes() []byte {
	if c.Serial < serialBlob {
		return nil
	}
	return c.Data
}

// Equal reports whether both cells have the same serial type and the same bytes. Equal cells hold equal values; the same value in two serial
// types, which an [Encoder] never writes, is unequal.
func (c Cell) Equal(d Cell) bool {
	return c.Serial == d.Serial && bytes.Equal(c.Data, d.Data)
}
