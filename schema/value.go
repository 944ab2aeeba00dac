package schema

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

// CheckText returns a *[ValueError] with [ErrText] for text that is not valid
// UTF-8 or has a NUL in it: SQLite would store the former as it is and take
// the latter for the text's end in most of its functions
// (https://sqlite.org/nulinstr.html).
func (c *Column) CheckText(v string) error {
	if plain(v) {
		return nil
	}
	if utf8.ValidString(v) && strings.IndexByte(v, 0) < 0 {
		return nil
	}
	return c.refuseText(v)
}

// plain reports whether v is ASCII without NUL: what nearly all text is, found
// out eight bytes at a time.
func plain(v string) bool {
	if len(v) < 8 {
		for i := range len(v) {
			if v[i]-1 >= utf8.RuneSelf-1 {
				return false
			}
		}
		return true
	}
	for i := 0; i+8 <= len(v); i += 8 {
		if !plain8(v[i : i+8]) {
			return false
		}
	}
	return plain8(v[len(v)-8:]) // once more some of the bytes before
}

// plain8 is plain for the first eight bytes of v, which the compiler loads at
// once.
func plain8(v string) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	_ = v[7]
	x := uint64(v[0]) | uint64(v[1])<<8 | uint64(v[2])<<16 | uint64(v[3])<<24 |
		uint64(v[4])<<32 | uint64(v[5])<<40 | uint64(v[6])<<48 | uint64(v[7])<<56
	// Taking 1 from each byte borrows into the high bit where a byte is 0.
	return (x|(x-ones))&highs == 0
}

// refuseText says what is wrong with text that is known to be wrong.
func (c *Column) refuseText(v string) error {
	for i, r := range v {
		if r == 0 {
			return &ValueError{Column: c.Name, Value: v, Err: fmt.Errorf("NUL at byte %d: %w", i, ErrText)}
		}
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(v[i:]); size == 1 {
				return &ValueError{Column: c.Name, Value: v, Err: fmt.Errorf("invalid UTF-8 at byte %d: %w", i, ErrText)}
			}
		}
	}
	return nil
}

// CheckFloat reports whether v is stored as NULL, which is what a NaN is where
// the column says nan=null. Elsewhere a NaN is a *[ValueError] with [ErrNaN].
// Infinities are stored as they are. -0 is stored as 0.
func (c *Column) CheckFloat(v float64) (null bool, err error) {
	if v == v {
		return false, nil
	}
	if c.NaNNull {
		return true, nil
	}
	return false, &ValueError{Column: c.Name, Value: math.NaN(), Err: ErrNaN}
}

// BoolOf returns a stored integer as a value of the column, which is a bool. An
// integer other than 0 and 1, which another program has written, would be lost, so it
// is a *[ValueError].
func (c *Column) BoolOf(v int64) (bool, error) {
	if v != 0 && v != 1 {
		return true, &ValueError{Column: c.Name, Value: v, Err: ErrOverflow}
	}
	return v == 1, nil
}

// FloatOf returns a stored integer as a value of the column, which is a float.
// It returns a *[ValueError] with [ErrOverflow] for an integer that the column's
// type would round.
func (c *Column) FloatOf(v int64) (float64, error) {
	f := float64(v)
	if c.Type == Float32 {
		f = float64(float32(v))
	}
	if f >= 1<<63 || int64(f) != v {
		return f, &ValueError{Column: c.Name, Value: v, Err: ErrOverflow}
	}
	return f, nil
}
