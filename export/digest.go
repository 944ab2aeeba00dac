package export

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"hash"
	"math"
	"unsafe"

	"github.com/galley-db/galley/schema"
)

// digest sums up the values of a table, column by column, so that what was
// read from the database can be compared with what a file gives back. The
// sums depend on the rows and their order alone: all chunks but the last must
// be full.
type digest struct {
	columns []hash.Hash
	scratch []byte
}

func newDigest(columns int) *digest {
	d := &digest{columns: make([]hash.Hash, columns)}
	for i := range d.columns {
		d.columns[i] = sha256.New()
	}
	return d
}

// add takes the rows of a chunk.
func (d *digest) add(c *chunk) {
	for i := range c.cells {
		v, sum := &c.cells[i], d.columns[i]
		if v.nulls != nil {
			d.scratch = d.scratch[:0]
			for k := range c.rows {
				if v.isNull(k) {
					d.scratch = binary.LittleEndian.AppendUint32(d.scratch, uint32(k))
				}
			}
			sum.Write(d.scratch)
			sum.Write([]byte("null"))
		}
		switch v.form {
		case asInt:
			sum.Write(d.words(len(v.ints), func(k int) uint64 { return uint64(v.ints[k]) }, unsafe.Pointer(unsafe.SliceData(v.ints))))
		case asFloat:
			sum.Write(d.words(len(v.floats), func(k int) uint64 { return math.Float64bits(v.floats[k]) }, unsafe.Pointer(unsafe.SliceData(v.floats))))
		case asBytes:
			if c.columns[i].Type == schema.JSON {
				d.json(sum, v)
				continue
			}
			d.scratch = d.scratch[:0]
			for _, end := range v.ends {
				d.scratch = binary.LittleEndian.AppendUint32(d.scratch, uint32(end))
			}
			sum.Write(d.scratch)
			sum.Write(v.bytes)
		}
	}
}

// json takes JSON without its spaces, which a file of JSON Lines does not keep.
func (d *digest) json(sum hash.Hash, v *cells) {
	var b bytes.Buffer
	for k := range v.ends {
		b.Reset()
		if err := json.Compact(&b, v.at(k)); err != nil {
			b.Write(v.at(k))
		}
		b.WriteByte('\n')
		sum.Write(b.Bytes())
	}
}

var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// words are n numbers of eight bytes as little-endian bytes: the memory at p
// itself, where it is like that.
func (d *digest) words(n int, at func(int) uint64, p unsafe.Pointer) []byte {
	if littleEndian {
		return unsafe.Slice((*byte)(p), 8*n)
	}
	d.scratch = d.scratch[:0]
	for k := range n {
		d.scratch = binary.LittleEndian.AppendUint64(d.scratch, at(k))
	}
	return d.scratch
}

// sums are the columns' sums so far, each 32 hexadecimal digits.
func (d *digest) sums() []string {
	all := make([]string, len(d.columns))
	for i, sum := range d.columns {
		all[i] = hex.EncodeToString(sum.Sum(nil)[:16])
	}
	return all
}
