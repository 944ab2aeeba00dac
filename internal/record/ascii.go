package record

import (
	"encoding/binary"
	"unsafe"
)

const (
	highBits = 0x8080808080808080
	lowBits  = 0x0101010101010101
)

// plain reports whether s is ASCII without NUL, as most text is. No other rule then
// applies to it. It reads eight bytes at a time; a byte is
// either above 0x7f (its high bit) or zero (the borrow of the subtraction,
// which is exact as long as no high bit is set).
func plain(s string) bool {
	b := unsafe.Slice(unsafe.StringData(s), len(s))
	var bad uint64
	for len(b) >= 8 {
		w := binary.LittleEndian.Uint64(b)
		bad |= w | (w - lowBits)
		b = b[8:]
	}
	if len(b) >= 4 {
		w := uint64(binary.LittleEndian.Uint32(b))
		bad |= w | (w - lowBits>>32)
		b = b[4:]
	}
	for _, c := range b {
		bad |= uint64(c) | (uint64(c) - 1)
	}
	return bad&highBits == 0
}
