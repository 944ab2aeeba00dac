package table

import (
	"encoding/binary"
	"math"
	"time"
	"unsafe"

	"github.com/galley-db/galley/schema"
)

// recording is a schema.Writer that keeps the values of a row in one slice of
// bytes, for replay: of each value its kind, its column and its bytes.
type recording []byte

// The kinds of values in a recording.
const (
	recordedNull byte = iota
	recordedFalse
	recordedTrue
	recordedInt
	recordedFloat
	recordedText
	recordedBlob
	recordedTime
)

func (r *recording) value(kind byte, i int) {
	*r = binary.AppendVarint(append(*r, kind), int64(i))
}

func (r *recording) Null(i int) { r.value(recordedNull, i) }

func (r *recording) Bool(i int, v bool) {
	kind := recordedFalse
	if v {
		kind = recordedTrue
	}
	r.value(kind, i)
}

func (r *recording) Int64(i int, v int64) {
	r.value(recordedInt, i)
	*r = binary.AppendVarint(*r, v)
}

func (r *recording) Float64(i int, v float64) {
	r.value(recordedFloat, i)
	*r = binary.LittleEndian.AppendUint64(*r, math.Float64bits(v))
}

func (r *recording) Text(i int, v string) {
	r.value(recordedText, i)
	*r = append(binary.AppendUvarint(*r, uint64(len(v))), v...)
}

func (r *recording) Blob(i int, v []byte) {
	r.value(recordedBlob, i)
	*r = append(binary.AppendUvarint(*r, uint64(len(v))), v...)
}

func (r *recording) Time(i int, v time.Time) {
	r.value(recordedTime, i)
	*r = binary.AppendVarint(binary.AppendVarint(*r, v.Unix()), int64(v.Nanosecond()))
}

// replay writes the recorded values. Texts and blobs are views of r.
func (r recording) replay(w schema.Writer) {
	varint := func() int64 {
		v, n := binary.Varint(r)
		r = r[n:]
		return v
	}
	bytes := func() []byte {
		size, n := binary.Uvarint(r)
		end := n + int(size)
		v := r[n:end:end]
		r = r[end:]
		return v
	}
	for len(r) > 0 {
		kind := r[0]
		r = r[1:]
		i := int(varint())
		switch kind {
		case recordedNull:
			w.Null(i)
		case recordedFalse, recordedTrue:
			w.Bool(i, kind == recordedTrue)
		case recordedInt:
			w.Int64(i, varint())
		case recordedFloat:
			w.Float64(i, math.Float64frombits(binary.LittleEndian.Uint64(r)))
			r = r[8:]
		case recordedText:
			v := bytes()
			w.Text(i, unsafe.String(unsafe.SliceData(v), len(v)))
		case recordedBlob:
			w.Blob(i, bytes())
		case recordedTime:
			seconds := varint()
			w.Time(i, time.Unix(seconds, varint()).UTC())
		}
	}
}
