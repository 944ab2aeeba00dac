package profile

import (
	"cmp"
	"encoding/binary"
	"math"
	"math/big"
	"math/bits"
	"time"
)

// whole is a whole number of 128 bits in two's complement. It holds every
// int64, every uint64, every time in nanoseconds, and sums of 10^18 of them.
type whole struct {
	high int64
	low  uint64
}

func wholeInt(v int64) whole   { return whole{v >> 63, uint64(v)} }
func wholeUint(v uint64) whole { return whole{0, v} }

// wholeTime returns t in nanoseconds since 1970.
func wholeTime(t time.Time) whole {
	seconds := t.Unix()
	high, low := bits.Mul64(uint64(seconds), 1e9)
	if seconds < 0 {
		high -= 1e9 // seconds was read as seconds + 2^64
	}
	return whole{int64(high), low}.add(wholeInt(int64(t.Nanosecond())))
}

func (a whole) add(b whole) whole {
	low, carry := bits.Add64(a.low, b.low, 0)
	high, _ := bits.Add64(uint64(a.high), uint64(b.high), carry)
	return whole{int64(high), low}
}

func (a whole) minus(b whole) whole {
	low, borrow := bits.Sub64(a.low, b.low, 0)
	high, _ := bits.Sub64(uint64(a.high), uint64(b.high), borrow)
	return whole{int64(high), low}
}

func (a whole) compare(b whole) int {
	return cmp.Or(cmp.Compare(a.high, b.high), cmp.Compare(a.low, b.low))
}

// float returns the nearest float64, give or take one unit in the last place.
func (a whole) float() float64 {
	if a.high < 0 {
		return -whole{}.minus(a).float()
	}
	return float64(a.high)*(1<<63)*2 + float64(a.low)
}

func (a whole) big() *big.Int {
	n := new(big.Int).Lsh(big.NewInt(a.high), 64)
	return n.Add(n, new(big.Int).SetUint64(a.low))
}

// bytes identifies a among all numbers.
func (a whole) bytes() (b [16]byte) {
	binary.LittleEndian.PutUint64(b[:8], a.low)
	binary.LittleEndian.PutUint64(b[8:], uint64(a.high))
	return b
}

// timeOf returns the time of so many nanoseconds since 1970.
func timeOf(nanoseconds *big.Int) time.Time {
	second := big.NewInt(1e9)
	part := new(big.Int)
	seconds, _ := new(big.Int).DivMod(nanoseconds, second, part)
	return time.Unix(seconds.Int64(), part.Int64()).UTC()
}

// wholeQuantile returns that of sorted numbers at so many percent, exactly:
// between the two nearest, in proportion.
func wholeQuantile(sorted []whole, percent int) *big.Rat {
	at := percent * (len(sorted) - 1)
	low, part := sorted[at/100].big(), at%100
	if part == 0 {
		return new(big.Rat).SetInt(low)
	}
	width := new(big.Int).Sub(sorted[at/100+1].big(), low)
	r := new(big.Rat).SetFrac(width.Mul(width, big.NewInt(int64(part))), big.NewInt(100))
	return r.Add(r, new(big.Rat).SetInt(low))
}

// Quantile is the same for floating-point numbers, of which there is at least one.
func Quantile(sorted []float64, percent int) float64 {
	at := percent * (len(sorted) - 1)
	low, part := sorted[at/100], float64(at%100)/100
	if part == 0 {
		return low
	}
	high := sorted[at/100+1]
	if width := high - low; !math.IsInf(width, 0) {
		return min(low+width*part, high)
	}
	return low*(1-part) + high*part
}
