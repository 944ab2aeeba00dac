package cells

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

// Digest sums up the values of a table, column by column, so that what was
// read from the database can be compared with what a file gives back. The
// sums depend on the rows and their order, and not on their division into chunks.
type Digest struct {
	columns []columnDigest
	rows    uint64
	scratch []byte
}

// columnDigest has the values of a column, one after the other, and where they end
// and are NULL.
type columnDigest struct{ values, ends, nulls hash.Hash }

func NewDigest(columns int) *Digest {
	d := &Digest{columns: make([]columnDigest, columns)}
	for i := range d.columns {
		d.columns[i] = columnDigest{sha256.New(), sha256.New(), sha256.New()}
	}
	return d
}

// Add takes the rows of a chunk.
func (d *Digest) Add(c *Chunk) {
	for i := range c.Cells {
		v, sum := &c.Cells[i], d.columns[i]
		if v.Nulls != nil {
			d.scratch = d.scratch[:0]
			for k := range c.Rows {
				if v.IsNull(k) {
					d.scratch = binary.LittleEndian.AppendUint64(d.scratch, d.rows+uint64(k))
				}
			}
			sum.nulls.Write(d.scratch)
		}
		switch v.Form {
		case AsInt:
			sum.values.Write(d.words(len(v.Ints), func(k int) uint64 { return uint64(v.Ints[k]) }, unsafe.Pointer(unsafe.SliceData(v.Ints))))
		case AsFloat:
			sum.values.Write(d.words(len(v.Floats), func(k int) uint64 { return math.Float64bits(v.Floats[k]) }, unsafe.Pointer(unsafe.SliceData(v.Floats))))
		case AsBytes:
			if c.Columns[i].Type == schema.JSON {
				d.json(sum.values, v)
				continue
			}
			d.scratch = d.scratch[:0]
			start := 0
			for _, end := range v.Ends {
				d.scratch = binary.LittleEndian.AppendUint32(d.scratch, uint32(end-start))
				start = end
			}
			sum.ends.Write(d.scratch)
			sum.values.Write(v.Bytes)
		}
	}
	d.rows += uint64(c.Rows)
}

// json takes JSON without its spaces, which a file of JSON Lines does not keep.
func (d *Digest) json(sum hash.Hash, v *Cells) {
	var b bytes.Buffer
	for k := range v.Ends {
		b.Reset()
		if err := json.Compact(&b, v.At(k)); err != nil {
			b.Write(v.At(k))
		}
		b.WriteByte('\n')
		sum.Write(b.Bytes())
	}
}

var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// words are n numbers of eight bytes as little-endian bytes: the memory at p
// itself, where it is like that.
func (d *Digest) words(n int, at func(int) uint64, p unsafe.Pointer) []byte {
	if littleEndian {
		return unsafe.Slice((*byte)(p), 8*n)
	}
	d.scratch = d.scratch[:0]
	for k := range n {
		d.scratch = binary.LittleEndian.AppendUint64(d.scratch, at(k))
	}
	return d.scratch
}

// Sums are the columns' sums so far, each 32 hexadecimal digits.
func (d *Digest) Sums() []string {
	all := make([]string, len(d.columns))
	for i, c := range d.columns {
		sum := sha256.Sum256(c.nulls.Sum(c.ends.Sum(c.values.Sum(nil))))
		all[i] = hex.EncodeToString(sum[:16])
	}
	return all
}
