package cells

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"strconv"
	"strings"

	"github.com/galley-db/galley/schema"
)

// bag sums up rows whose order does not count: it adds up a hash of each.
type Bag struct {
	Sum uint64
	buf []byte
}

func (b *Bag) Add(c *Chunk) {
	for k := range c.Rows {
		b.Sum += b.Row(c, k)
	}
}

// Row returns the hash of a row, without adding it.
func (b *Bag) Row(c *Chunk, k int) uint64 {
	b.buf = b.buf[:0]
	for i := range c.Cells {
		b.buf = appendCanon(b.buf, &c.Columns[i], &c.Cells[i], k)
	}
	h := fnv.New64a()
	h.Write(b.buf)
	return scramble(h.Sum64())
}

// Named returns a hash of a row that does not depend on the order of the columns,
// nor on columns that are NULL.
func (b *Bag) Named(c *Chunk, k int) (sum uint64) {
	for i := range c.Cells {
		if c.Cells[i].IsNull(k) {
			continue
		}
		b.buf = appendCanon(append(append(b.buf[:0], c.Columns[i].Name...), 0), &c.Columns[i], &c.Cells[i], k)
		h := fnv.New64a()
		h.Write(b.buf)
		sum += scramble(h.Sum64())
	}
	return scramble(sum)
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
func appendCanon(dst []byte, col *schema.Column, v *Cells, k int) []byte {
	if v.IsNull(k) {
		return append(dst, 0)
	}
	dst = append(dst, 1)
	switch v.Form {
	case AsInt:
		return binary.LittleEndian.AppendUint64(dst, uint64(v.Ints[k]))
	case AsFloat:
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(v.Floats[k]+0)) // -0 + 0 is 0
	}
	value := v.At(k)
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
	canon, err := json.Marshal(canonNumbers(value))
	if err != nil {
		return text
	}
	return canon
}

// canonNumbers spells numbers in one way: PostgreSQL writes 1e2 as 100, and
// keeps the zeros of 1.50.
func canonNumbers(value any) any {
	switch v := value.(type) {
	case json.Number:
		return canonNumber(string(v))
	case []any:
		for i := range v {
			v[i] = canonNumbers(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = canonNumbers(v[name])
		}
	}
	return value
}

// canonNumber is a number of JSON as its digits, without zeros at the ends, and
// the power of ten of the last.
func canonNumber(number string) json.Number {
	rest, negative := strings.CutPrefix(number, "-")
	digits, exponent := rest, int64(0)
	if at := strings.IndexAny(rest, "eE"); at >= 0 {
		var err error
		if exponent, err = strconv.ParseInt(rest[at+1:], 10, 32); err != nil {
			return json.Number(number) // no server holds it
		}
		digits = rest[:at]
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	exponent -= int64(len(fraction))
	digits = strings.TrimLeft(whole+fraction, "0")
	short := strings.TrimRight(digits, "0")
	if short == "" {
		return "0"
	}
	exponent += int64(len(digits) - len(short))
	if negative {
		short = "-" + short
	}
	return json.Number(fmt.Sprintf("%se%d", short, exponent))
}
