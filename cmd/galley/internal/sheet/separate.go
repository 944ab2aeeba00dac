package sheet

import (
	"strconv"
	"strings"
)

// Separated is a whole number with a comma after each three digits.
func Separated(n int64) string { return SeparatedText(strconv.FormatInt(n, 10)) }

// SeparatedText puts a comma after each three digits before the decimal point of a
// number.
func SeparatedText(number string) string {
	whole, rest := number, ""
	if i := strings.IndexAny(number, ".e"); i >= 0 {
		whole, rest = number[:i], number[i:]
	}
	first := 0
	if strings.HasPrefix(whole, "-") {
		first = 1
	}
	for i := len(whole) - 3; i > first; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return whole + rest
}
