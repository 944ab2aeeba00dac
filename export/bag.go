package export

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"hash/fnv"
	"math"

	"github.com/galley-db/galley/schema"
)

// bag sums up rows whose order does not count: it adds up a hash of each.
type bag struct {
	sum uint64
	buf []byte
}

func (b *bag) add(c *chunk) {
	for k := range c.rows {
		b.buf = b.buf[:0]
		for i := range c.cells {
			b.buf = appendCanon(b.buf, &c.columns[i], &c.cells[i], k)
		}
		h := fnv.New64a()
		h.Write(b.buf)
		b.sum += scramble(h.Sum64())
	}
}

// scramble keeps sums of similar hashes apart (the finalizer of splitmix64).
func scramble(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// appendCanon adds a value so that it is the same bytes in each backend: JSON
// with its names in order, zero without a sign, and each with its length.
func appendCanon(dst []byte, col *schema.Column, v *cells, k int) []byte {
	if v.isNull(k) {
		return append(dst, 0)
	}
	dst = append(dst, 1)
	switch v.form {
	case asInt:
		return binary.LittleEndian.AppendUint64(dst, uint64(v.ints[k]))
	case asFloat:
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(v.floats[k]+0)) // -0 + 0 is 0
	}
	value := v.at(k)
	if col.Type == schema.JSON {
		value = canonJSON(value)
	}
	dst = binary.AppendUvarint(dst, uint64(len(value)))
	return append(dst, value...)
}

func canonJSON(text []byte) []byte {
	var value any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if d.Decode(&value) != nil {
		return text
	}
	canon, err := json.Marshal(value)
	if err != nil {
		return text
	}
	return canon
}
