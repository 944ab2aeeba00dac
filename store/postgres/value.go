package postgres

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/galley-db/galley/schema"
)

// Times on the wire count microseconds from 2000-01-01; the range is that of
// timestamptz (https://www.postgresql.org/docs/current/datatype-datetime.html).
const (
	epoch2000 = 946_684_800
	firstTime = -210_866_803_200  // 4714-11-24 BC, in seconds since 1970
	afterTime = 9_224_318_016_000 // the year 294277, likewise
)

// timestampOf is v in the column's unit, rounded down, as it is on the wire.
func timestampOf(c *schema.Column, v time.Time) (int64, error) {
	if sec := v.Unix(); sec < firstTime || sec >= afterTime {
		return 0, &schema.ValueError{Column: c.Name, Value: v, Err: schema.ErrTimeRange}
	}
	n, err := c.UnixTime(v)
	if err != nil {
		return 0, err
	}
	if c.Unit != schema.Micros {
		n = c.TimeOf(n).UnixMicro()
	}
	return n - epoch2000*1e6, nil
}

// timeOf is the inverse of timestampOf. An infinite time is none.
func timeOf(n int64) (time.Time, bool) {
	sec, micro := n/1e6, n%1e6
	if micro < 0 {
		sec, micro = sec-1, micro+1e6
	}
	return time.Unix(sec+epoch2000, micro*1000).UTC(), n != math.MaxInt64 && n != math.MinInt64
}

// Numerics on the wire have digits of base 10,000, the first with a weight:
// https://doxygen.postgresql.org/numeric_8c.html#numeric_send.
const (
	numericBase     = 10_000
	numericNegative = 0x4000
)

// appendNumeric appends v as a field of a row, length included.
func appendNumeric(dst []byte, v int64) []byte {
	var digits [5]uint16 // 10,000^5 is more than 2^64
	sign, u := uint16(0), uint64(v)
	if v < 0 {
		sign, u = numericNegative, -u
	}
	n := 0
	for ; u > 0; n++ {
		digits[n] = uint16(u % numericBase)
		u /= numericBase
	}
	weight := uint16(0)
	if n > 0 {
		weight = uint16(n - 1)
	}
	dst = binary.BigEndian.AppendUint32(dst, uint32(8+2*n))
	for _, field := range []uint16{uint16(n), weight, sign, 0} {
		dst = binary.BigEndian.AppendUint16(dst, field)
	}
	for n--; n >= 0; n-- {
		dst = binary.BigEndian.AppendUint16(dst, digits[n])
	}
	return dst
}

// numericText returns a numeric in decimal digits, false for an invalid number.
func numericText(b []byte) (string, bool) {
	if len(b) < 8 || len(b) != 8+2*int(binary.BigEndian.Uint16(b)) {
		return "", false
	}
	digits := b[8:]
	weight := int(int16(binary.BigEndian.Uint16(b[2:])))
	sign := binary.BigEndian.Uint16(b[4:])
	scale := int(binary.BigEndian.Uint16(b[6:]))
	digit := func(i int) int { // the i-th before the point counts from 0, down
		if k := weight - i; k >= 0 && 2*k < len(digits) {
			return int(binary.BigEndian.Uint16(digits[2*k:]))
		}
		return 0
	}
	var s strings.Builder
	switch sign {
	case 0:
	case numericNegative:
		s.WriteByte('-')
	default: // NaN and the infinities
		return "", false
	}
	s.WriteString(strconv.Itoa(digit(max(weight, 0))))
	for i := max(weight, 0) - 1; i >= 0; i-- {
		fmt.Fprintf(&s, "%04d", digit(i))
	}
	if scale > 0 {
		var fraction strings.Builder
		for i := -1; fraction.Len() < scale; i-- {
			fmt.Fprintf(&fraction, "%04d", digit(i))
		}
		s.WriteString("." + fraction.String()[:scale])
	}
	return s.String(), true
}

// appendArray appends packed little-endian floats as an array of one
// dimension, length included.
func appendArray(dst, packed []byte, width int) []byte {
	n := len(packed) / width
	oid := uint32(pgtype.Float8OID)
	if width == 4 {
		oid = pgtype.Float4OID
	}
	put := func(v uint32) { dst = binary.BigEndian.AppendUint32(dst, v) }
	if n == 0 {
		put(12)
		put(0) // dimensions
		put(0) // no NULLs
		put(oid)
		return dst
	}
	put(uint32(20 + n*(4+width)))
	put(1)
	put(0)
	put(oid)
	put(uint32(n))
	put(1) // the first index
	for i := 0; i < len(packed); i += width {
		put(uint32(width))
		for k := width - 1; k >= 0; k-- {
			dst = append(dst, packed[i+k])
		}
	}
	return dst
}

// packArray appends the floats of an array to dst, packed and little-endian. It
// reports false for an array of another form, such as one with a NULL in it.
func packArray(dst, array []byte, width int) ([]byte, bool) {
	if len(array) < 12 {
		return dst, false
	}
	switch binary.BigEndian.Uint32(array) {
	case 0:
		return dst, true
	case 1:
	default:
		return dst, false
	}
	if len(array) < 20 {
		return dst, false
	}
	n := int(binary.BigEndian.Uint32(array[12:]))
	array = array[20:]
	if len(array) != n*(4+width) {
		return dst, false
	}
	for ; len(array) > 0; array = array[4+width:] {
		if int(binary.BigEndian.Uint32(array)) != width {
			return dst, false
		}
		for k := width - 1; k >= 0; k-- {
			dst = append(dst, array[4+k])
		}
	}
	return dst, true
}
