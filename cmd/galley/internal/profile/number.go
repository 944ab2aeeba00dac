package profile

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// Number is a number of a column as JSON shows it: an integer with all of its
// digits, a floating-point number with as many as identify it, and a
// time in RFC 3339.
type Number struct {
	text  string
	float float64 // about
	time  bool
}

// MarshalJSON returns a number, or a string for a time.
func (n Number) MarshalJSON() ([]byte, error) {
	if n.time {
		return strconv.AppendQuote(nil, n.text), nil
	}
	return []byte(n.text), nil
}

func (n Number) String() string { return n.text }

func realNumber(f float64, bits int) Number {
	f += 0 // no "-0"
	form := byte('f')
	if size := math.Abs(f); size != 0 && (size < 1e-6 || size >= 1e21) {
		form = 'e'
	}
	return Number{text: strconv.FormatFloat(f, form, -1, bits), float: f}
}

// exactNumber shows a number that is no float64 with three decimals at most,
// where a float64 would have fewer.
func exactNumber(r *big.Rat) Number {
	f, exact := r.Float64()
	switch {
	case r.IsInt():
		return Number{text: r.Num().String(), float: f}
	case exact || f < 1<<43 && f > -1<<43:
		return realNumber(f, 64)
	}
	return Number{text: strings.TrimRight(strings.TrimRight(r.FloatString(3), "0"), "."), float: f}
}

// exactTime shows nanoseconds since 1970 as a time, cut to whole ones.
func exactTime(r *big.Rat) Number {
	floor := new(big.Int).Div(r.Num(), r.Denom())
	f, _ := r.Float64()
	return Number{text: timeOf(floor).Format(time.RFC3339Nano), float: f, time: true}
}
