package literal

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// TestShort compares numbers with what strconv reads.
func TestShort(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	texts := []string{
		"0", "-0", "0.0", "-0.000", "1", "-1", "1.5", "5.", ".5", "12345678", "123456789", "1234567.8", "12345678.9", "0.12345678",
		"9007199254740992", "9007199254740993", "9007199254740991", "900719925474099.2", "900719925474099.3", "-9007199254.740993", "9999999999999999",
		"0.00000000000000001", "0.0000000000000001", "0.1234567890123456", "0.9007199254740993", "00000000000000001", "1e5", "1E5", "",
		".", "-", "--1", "1.2.3", "1..2", "12345678:", "1234567/", "12345678x", "x12345678", "1_000", "Inf", "NaN", "+1", " 1", "0x10",
	}
	for range 200_000 {
		f := random.Float64() * math.Pow(10, float64(random.IntN(12)-4))
		text := strconv.FormatFloat(f, 'f', random.IntN(18)-1, 64)
		if random.IntN(20) == 0 { // not a number
			at := random.IntN(len(text))
			text = text[:at] + string(rune('!'+random.IntN(90))) + text[at+1:]
		}
		texts = append(texts, strings.Repeat("-", random.IntN(2))+text)
	}
	taken := 0
	for _, text := range texts {
		got, ok := short([]byte(text))
		if !ok {
			continue
		}
		taken++
		want, err := strconv.ParseFloat(text, 64)
		if err != nil || math.Float64bits(got) != math.Float64bits(want) {
			t.Fatalf("%q is %v, want %v, %v", text, got, want, err)
		}
	}
	if taken < len(texts)/2 {
		t.Errorf("%d of %d numbers are short, want most", taken, len(texts))
	}
	for _, text := range []string{"0", "-0.000", "-1.5", "123456789", "0.12345678", "9007199254740992", "900719925474099.2", "0.9007199254740991"} {
		if _, ok := short([]byte(text)); !ok {
			t.Errorf("%q is not short", text)
		}
	}
}

func TestEightDigits(t *testing.T) {
	for _, n := range []uint64{0, 1, 10, 12345678, 87654321, 99999999, 10000000, 90909090} {
		text := fmt.Sprintf("%08d", n)
		var v uint64
		for i := range 8 {
			v |= uint64(text[i]) << (8 * i)
		}
		if got, ok := eightDigits(v); !ok || got != n {
			t.Errorf("%s is %d, %t", text, got, ok)
		}
		for i := range 8 {
			for _, other := range []byte{'0' - 1, '9' + 1, '.', 0, 0xff, 'a'} {
				changed := v&^(0xff<<(8*i)) | uint64(other)<<(8*i)
				if _, ok := eightDigits(changed); ok {
					t.Errorf("%s with %q in place %d is taken for digits", text, other, i)
				}
			}
		}
	}
}
