package record

import "math/bits"

// VarintLen is the number of bytes that AppendVarint needs for v, 1 to 9.
func VarintLen(v uint64) int {
	if v < 0x80 {
		return 1
	}
	return min((bits.Len64(v)+6)/7, 9)
}

// AppendVarint appends v as a varint, big-endian groups of seven bits, the
// ninth byte holding eight: https://sqlite.org/fileformat2.html#varint.
func AppendVarint(dst []byte, v uint64) []byte {
	switch {
	case v < 1<<7:
		return append(dst, byte(v))
	case v < 1<<14:
		return append(dst, byte(v>>7)|0x80, byte(v&0x7f))
	}
	n := VarintLen(v)
	shift := 7 * (n - 1)
	last := byte(v & 0x7f)
	if n == 9 {
		shift, last = 57, byte(v)
	}
	for ; n > 1; n-- {
		dst = append(dst, byte(v>>shift)|0x80)
		shift -= 7
	}
	return append(dst, last)
}

// Varint reads the varint at the start of b and its length in bytes, which is
// 0 where b ends within it.
func Varint(b []byte) (v uint64, n int) {
	for n < len(b) && n < 8 {
		c := b[n]
		n++
		v = v<<7 | uint64(c&0x7f)
		if c < 0x80 {
			return v, n
		}
	}
	if n < 8 || n == len(b) {
		return 0, 0
	}
	return v<<8 | uint64(b[8]), 9
}
