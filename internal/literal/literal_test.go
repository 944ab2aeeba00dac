package literal

import (
	"errors"
	"math"
	"math/big"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestIntegersKeepTheirDigits(t *testing.T) {
	for _, test := range []struct {
		text string
		want int64
		err  error
	}{
		{"0", 0, nil}, {"-7", -7, nil}, {"9223372036854775807", math.MaxInt64, nil}, {"-9223372036854775808", math.MinInt64, nil},
		{"9223372036854775808", 0, ErrRange}, {"00601", 0, ErrCode}, {"+7", 0, ErrCode}, {"-007", 0, ErrCode},
		{"", 0, ErrSyntax}, {"-", 0, ErrSyntax}, {"1.0", 0, ErrSyntax}, {" 1", 0, ErrSyntax}, {"0x10", 0, ErrSyntax}, {"1_000", 0, ErrSyntax},
	} {
		n, err := Int([]byte(test.text))
		if n != test.want || !errors.Is(err, test.err) {
			t.Errorf("Int(%q) = %d, %v; want %d, %v", test.text, n, err, test.want, test.err)
		}
	}
	if n, err := Uint([]byte("18446744073709551615")); n != math.MaxUint64 || err != nil {
		t.Errorf("the largest uint64 is %d, %v", n, err)
	}
	if _, err := Uint([]byte("-1")); err == nil {
		t.Error("a negative number is a uint64")
	}
}

func TestFloatsKeepWholeNumbers(t *testing.T) {
	for _, test := range []struct {
		text string
		want float64
		err  error
	}{
		{"0.1", 0.1, nil}, {"-1e5", -1e5, nil}, {"9007199254740992", 1 << 53, nil}, {"9007199254740994", 1<<53 + 2, nil},
		{"9007199254740993", 0, ErrInexact}, {"-9007199254740993", 0, ErrInexact}, {"9007199254740993.0", 0, ErrInexact},
		{"12345678901234567890", 0, ErrInexact}, {"1e23", 1e23, nil}, {"1e999", 0, ErrRange}, {"1e-999", 0, ErrRange}, {"0e-999", 0, nil},
		{"00.5", 0, ErrCode}, {"+0.5", 0, ErrCode}, {"0x1p4", 0, ErrSyntax}, {"1_0", 0, ErrSyntax}, {"", 0, ErrSyntax},
		{"Infinity", math.Inf(1), nil}, {"-inf", math.Inf(-1), nil},
	} {
		f, err := Float([]byte(test.text))
		if f != test.want || !errors.Is(err, test.err) {
			t.Errorf("Float(%q) = %v, %v; want %v, %v", test.text, f, err, test.want, test.err)
		}
	}
	if f, err := Float([]byte("nan")); f == f || err != nil {
		t.Errorf("nan is %v, %v", f, err)
	}
}

func TestFloat32RefusesLostDigits(t *testing.T) {
	for text, ok := range map[string]bool{
		"0.1": true, "0.100000001": true, "16777216": true, "3.4028235e38": true, "0.5": true, "0.100000001490116119384765625": true,
		"0.1234567890123": false, "16777217": false, "1e39": false, "NaN": true, "0": true, "1.10": true,
	} {
		if _, err := Float32([]byte(text)); (err == nil) != ok {
			t.Errorf("Float32(%q): %v", text, err)
		}
	}
}

func TestEveryFloat32ReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.Float32().Draw(t, "float")
		for _, digits := range []int{-1, 8} { // the shortest text, and one of 9 digits
			text := strconv.FormatFloat(float64(want), 'e', digits, 32)
			if f, err := Float32([]byte(text)); err != nil || float32(f) != want {
				t.Fatalf("%s is %v, %v", text, f, err)
			}
		}
	})
}

func TestFloatsOfIntegersAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64().Draw(t, "n")
		f, err := Float([]byte(strconv.FormatInt(n, 10)))
		whole, accuracy := new(big.Float).SetInt64(n).Float64()
		if exact := accuracy == big.Exact; exact != (err == nil) || exact && f != whole {
			t.Fatalf("%d is %v, %v", n, f, err)
		}
	})
}

func TestTimesKeepTheirDigits(t *testing.T) {
	day := time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC)
	at := time.Date(2024, 1, 2, 3, 4, 5, 123456789, time.UTC)
	for _, test := range []struct {
		text string
		want time.Time
		err  error
	}{
		{"2024-01-02", day, nil}, {"2024-01-02T03:04:05.123456789Z", at, nil}, {"2024-01-02 03:04:05.123456789", at, nil},
		{"2024-01-02T05:04:05.123456789+02:00", at, nil}, {"2024-01-02T03:04:05.123456789000Z", at, nil},
		{"2024-01-02T03:04:05.1234567891Z", time.Time{}, ErrInexact}, {"2024-01-02 03:04:05.000000000001", time.Time{}, ErrInexact},
		{"2024-13-02", time.Time{}, ErrSyntax}, {"20240102", time.Time{}, ErrSyntax}, {"", time.Time{}, ErrSyntax},
	} {
		have, err := Time([]byte(test.text))
		if !have.Equal(test.want) || !errors.Is(err, test.err) {
			t.Errorf("Time(%q) = %v, %v; want %v, %v", test.text, have, err, test.want, test.err)
		}
	}
}

func TestBoolsAreSpelledOut(t *testing.T) {
	for text, want := range map[string][2]bool{"true": {true, true}, "FALSE": {false, true}, "1": {}, "t": {}, "tRUE": {}} {
		if value, ok := Bool([]byte(text)); value != want[0] || ok != want[1] {
			t.Errorf("Bool(%q) = %v, %v", text, value, ok)
		}
	}
}

func TestPlainNumbersAreFloats(t *testing.T) {
	digits := rapid.StringOfN(rapid.SampledFrom([]rune("0019")), 0, 20, -1)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom([]string{"", "-", "+"}).Draw(t, "sign") + digits.Draw(t, "whole") +
			rapid.SampledFrom([]string{"", ".", ".", "e", "x", "_"}).Draw(t, "point") + digits.Draw(t, "fraction")
		if f, err := Float([]byte(text)); IsPlain([]byte(text)) && (err != nil || f != f) {
			t.Fatalf("%s is plain, and Float returns %v, %v", text, f, err)
		}
	})
	for text, want := range map[string]bool{"0": true, "-12.50": true, "123456789012345.9": true, "1234567890123456": false, "01": false, "1.": false, ".5": false, "": false, "1e5": false} {
		if IsPlain([]byte(text)) != want {
			t.Errorf("IsPlain(%q) is not %v", text, want)
		}
	}
}
