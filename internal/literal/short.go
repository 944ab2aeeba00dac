package literal

import "encoding/binary"

// powers are the powers of ten that a number of maxShort digits can have behind its
// point. A float64 holds each exactly.
var powers = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17}

const maxShort = len(powers) - 1

// short reads a number whose digits, without the point, are an integer that a float64
// holds exactly, and reports whether it is one. The quotient of two such numbers is
// rounded once, so it is the float64 that strconv.ParseFloat returns. Most of the time
// of ParseFloat goes into reading digit by digit.
func short(text []byte) (f float64, ok bool) {
	negative := len(text) > 0 && text[0] == '-'
	if negative {
		text = text[1:]
	}
	if len(text) > 0 && text[0] != '0' && len(text) > 17 || len(text) > maxShort+1 {
		return 0, false // more than 16 digits and a point are above 2^53
	}
	var n uint64
	point, digits := -1, 0
	for i := 0; i < len(text); {
		if i+8 <= len(text) {
			if eight, ok := eightDigits(binary.LittleEndian.Uint64(text[i:])); ok {
				n, i, digits = n*1e8+eight, i+8, digits+8
				continue
			}
		}
		switch c := text[i]; {
		case c-'0' <= 9:
			n = n*10 + uint64(c-'0')
			digits++
		case c == '.' && point < 0:
			point = digits
		default:
			return 0, false
		}
		i++
	}
	if digits == 0 || digits > maxShort || n > 1<<53 {
		return 0, false
	}
	f = float64(n)
	if point >= 0 {
		f /= powers[digits-point]
	}
	if negative {
		f = -f
	}
	return f, true
}

// eightDigits is the number that eight digits stand for, the first in the lowest byte.
// It reports whether all are digits. It adds neighbors, then pairs, then fours.
func eightDigits(v uint64) (uint64, bool) {
	const high, zero = 0xf0f0f0f0f0f0f0f0, 0x3030303030303030
	if v&high != zero || (v+0x0606060606060606)&high != zero {
		return 0, false
	}
	v -= zero
	v = (v*10 + v>>8) & 0x00ff00ff00ff00ff
	v = (v*100 + v>>16) & 0x0000ffff0000ffff
	return (v*10000 + v>>32) & 0xffffffff, true
}
