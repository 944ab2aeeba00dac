package cells

import (
	"encoding/binary"
	"unsafe"
)

// packed is the multiple of bytes at which the values of a packed column begin.
const packed = 8

// Pack adds the rows of c to dst, whose length is a multiple of 8, in the form that
// they have in this process's memory.
func (c *Chunk) Pack(dst []byte) []byte {
	for i := range c.Cells {
		v := &c.Cells[i]
		dst = binary.NativeEndian.AppendUint64(dst, uint64(len(v.Nulls)))
		dst = binary.NativeEndian.AppendUint64(dst, uint64(len(v.Bytes)))
	}
	for i := range c.Cells {
		v := &c.Cells[i]
		dst = pack(dst, v.Nulls)
		switch v.Form {
		case AsInt:
			dst = pack(dst, v.Ints)
		case AsFloat:
			dst = pack(dst, v.Floats)
		case AsBytes:
			dst = pack(pack(dst, v.Bytes), v.Ends)
		}
	}
	return dst
}

// Unpack makes the rows that Pack has packed into b those of c, and returns what
// follows them. They are in the memory of b, which begins at a multiple of 8: nothing
// can be added to them.
func (c *Chunk) Unpack(b []byte, rows int) (rest []byte) {
	head := b
	b = b[16*len(c.Cells):]
	for i := range c.Cells {
		v := &c.Cells[i]
		nulls, bytes := int(binary.NativeEndian.Uint64(head)), int(binary.NativeEndian.Uint64(head[8:]))
		head = head[16:]
		v.Nulls, b = unpack[bool](b, nulls)
		switch v.Form {
		case AsInt:
			v.Ints, b = unpack[int64](b, rows)
		case AsFloat:
			v.Floats, b = unpack[float64](b, rows)
		case AsBytes:
			v.Bytes, b = unpack[byte](b, bytes)
			v.Ends, b = unpack[int](b, rows)
		}
	}
	c.Rows = rows
	return b
}

// PackNumbers adds numbers to dst behind a packed chunk.
func PackNumbers(dst []byte, numbers []int64) []byte { return pack(dst, numbers) }

// UnpackNumbers returns n numbers that PackNumbers has packed, in the memory of b.
func UnpackNumbers(b []byte, n int) []int64 {
	numbers, _ := unpack[int64](b, n)
	return numbers
}

// PackedRoom returns memory for so many packed bytes, which begins at a multiple of 8.
func PackedRoom(n int) []byte {
	if n == 0 {
		return nil
	}
	words := make([]uint64, (n+packed-1)/packed)
	return unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), n)
}

func pack[T any](dst []byte, values []T) []byte {
	var one T
	if len(values) > 0 {
		dst = append(dst, unsafe.Slice((*byte)(unsafe.Pointer(&values[0])), len(values)*int(unsafe.Sizeof(one)))...)
	}
	for len(dst)%packed > 0 {
		dst = append(dst, 0)
	}
	return dst
}

func unpack[T any](b []byte, n int) (values []T, rest []byte) {
	if n == 0 {
		return nil, b
	}
	var one T
	size := n * int(unsafe.Sizeof(one))
	_ = b[size-1]
	values = unsafe.Slice((*T)(unsafe.Pointer(&b[0])), n)
	return values[:n:n], b[(size+packed-1)/packed*packed:]
}
