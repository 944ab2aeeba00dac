package literal

import (
	"bytes"
	"errors"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// Int reads a decimal integer.
func Int(text []byte) (int64, error) {
	if err := digits(text); err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(view(text), 10, 64)
	if err != nil {
		return 0, cause(err)
	}
	return n, nil
}

// Uint reads a decimal integer that is not negative.
func Uint(text []byte) (uint64, error) {
	if err := digits(text); err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(view(text), 10, 64)
	if err != nil {
		return 0, cause(err)
	}
	return n, nil
}

// digits checks that a text is an integer as programs write it.
func digits(text []byte) error {
	if len(text) > 0 && text[0] == '-' {
		text = text[1:]
	}
	if len(text) == 0 {
		return ErrSyntax
	}
	code := len(text) > 1 && (text[0] == '0' || text[0] == '+')
	if text[0] == '+' {
		text = text[1:]
	}
	for _, c := range text {
		if c < '0' || c > '9' {
			return ErrSyntax
		}
	}
	if code {
		return ErrCode
	}
	return nil
}

// Float reads a decimal number, NaN or an infinity as a float64. A fraction is
// rounded to the nearest float64, as in every program. A whole number must be
// held exactly.
func Float(text []byte) (float64, error) {
	f, err := parse(text, 64)
	if err != nil {
		return 0, err
	}
	if math.Abs(f) >= 1<<53 && !math.IsInf(f, 0) && !exact(text, f) {
		return 0, ErrInexact
	}
	return f, nil
}

// Float32 reads a decimal number like Float, as a float32. The text must not
// have digits that a float32 loses.
func Float32(text []byte) (float64, error) {
	f, err := parse(text, 32)
	if err != nil || f != f || math.IsInf(f, 0) {
		return f, err
	}
	n := significant(text)
	if n == 0 {
		return f, nil
	}
	shown := strconv.FormatFloat(f, 'e', n-1, 64)
	want, err := parse(text, 64)
	if err != nil {
		return 0, err
	}
	if have, _ := strconv.ParseFloat(shown, 64); have != want && float64(float32(want)) != want {
		if short, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'e', -1, 32), 64); short != want {
			return 0, ErrInexact
		}
	}
	if math.Abs(f) >= 1<<24 && !exact(text, f) {
		return 0, ErrInexact
	}
	return f, nil
}

// parse reads a number that strconv reads, and that is written as most programs
// write it.
func parse(text []byte, bits int) (float64, error) {
	rest := text
	if len(rest) > 0 && rest[0] == '-' {
		rest = rest[1:]
	}
	switch {
	case len(rest) == 0:
		return 0, ErrSyntax
	case rest[0] == '+' && len(rest) > 1 && rest[1] >= '0' && rest[1] <= '9',
		len(rest) > 1 && rest[0] == '0' && rest[1] >= '0' && rest[1] <= '9':
		return 0, ErrCode
	}
	if bits == 64 {
		if f, ok := short(text); ok {
			return f, nil
		}
	}
	if goOnly(rest) {
		return 0, ErrSyntax
	}
	f, err := strconv.ParseFloat(view(text), bits)
	switch {
	case err != nil:
		return 0, cause(err)
	case f == 0 && significant(rest) > 0:
		return 0, ErrRange // too small
	}
	return f, nil
}

// goOnly reports whether a number has a byte that only Go's numbers have.
func goOnly(text []byte) bool {
	for _, c := range text {
		switch c {
		case 'x', 'X', '_', 'p', 'P':
			return true
		}
	}
	return false
}

// IsPlain reports whether a text is written as most numbers are, with at most 15
// digits before the point and few behind it: Float takes each of these. It is much
// faster than Float; false says nothing.
func IsPlain(text []byte) bool {
	if len(text) > 0 && text[0] == '-' {
		text = text[1:]
	}
	whole := 0
	for whole < len(text) && text[whole]-'0' <= 9 {
		whole++
	}
	if whole == 0 || whole > 15 || whole > 1 && text[0] == '0' {
		return false
	}
	fraction := text[whole:]
	if len(fraction) == 0 {
		return true
	}
	if fraction[0] != '.' || len(fraction) < 2 || len(fraction) > 200 {
		return false
	}
	for _, c := range fraction[1:] {
		if c-'0' > 9 {
			return false
		}
	}
	return true
}

// exact reports whether f is the number that a text spells with digits only.
// A text with an exponent names a magnitude, not digits, and passes.
func exact(text []byte, f float64) bool {
	if bytes.ContainsAny(text, "eE") {
		return true
	}
	whole, fraction, _ := strings.Cut(view(text), ".")
	if strings.Trim(fraction, "0") != "" {
		return true // a fraction is rounded anyway
	}
	n, ok := new(big.Int).SetString(whole, 10)
	if !ok {
		return false
	}
	have, _ := big.NewFloat(f).Int(nil)
	return n.Cmp(have) == 0
}

// significant counts the digits of a number that are not zeros in front.
func significant(text []byte) (n int) {
	for _, c := range text {
		switch {
		case c == 'e' || c == 'E':
			return n
		case c >= '1' && c <= '9', c == '0' && n > 0:
			n++
		}
	}
	return n
}

// cause names what strconv found.
func cause(err error) error {
	if errors.Is(err, strconv.ErrRange) {
		return ErrRange
	}
	return ErrSyntax
}
