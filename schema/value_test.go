package schema_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/galley-db/galley/schema"
	"pgregory.net/rapid"
)

func TestCheckText(t *testing.T) {
	c := schema.Column{Name: "c", Type: schema.Text}
	for text, want := range map[string]string{
		"a\x00b": "NUL at byte 1", "\x00": "NUL at byte 0", "aaaaaaaaaaaaaaa\x00": "NUL at byte 15", "aaaaaaaaaaaaaaa\x80": "UTF-8 at byte 15",
		"é\xff": "UTF-8 at byte 2", "aaaaaaaa\xc3": "UTF-8 at byte 8", "\xed\xa0\x80": "UTF-8 at byte 0",
	} {
		err := c.CheckText(text)
		if !errors.Is(err, schema.ErrText) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %s", text, err, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringOfN(rapid.RuneFrom([]rune("abc\x00\x7fé")), 0, 30, -1),
			rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 30), func(b []byte) string { return string(b) })).Draw(t, "text")
		good := utf8.ValidString(text) && !strings.Contains(text, "\x00")
		if err := c.CheckText(text); good != (err == nil) {
			t.Fatalf("%q: error %v, good %v", text, err, good)
		}
	})
}

func TestCheckFloat(t *testing.T) {
	plain, nan := schema.Column{Type: schema.Float64}, schema.Column{Type: schema.Float64, Nullable: true, NaNNull: true}
	for _, v := range []float64{0, 1, math.Inf(1), math.Inf(-1), math.MaxFloat64, math.Copysign(0, -1)} {
		for _, c := range []schema.Column{plain, nan} {
			if null, err := c.CheckFloat(v); null || err != nil {
				t.Errorf("%v: %v, %v; want false, nil", v, null, err)
			}
		}
	}
	if null, err := plain.CheckFloat(math.NaN()); null || !errors.Is(err, schema.ErrNaN) {
		t.Errorf("NaN: %v, %v; want ErrNaN", null, err)
	}
	if null, err := nan.CheckFloat(math.NaN()); !null || err != nil {
		t.Errorf("NaN with nan=null: %v, %v; want true, nil", null, err)
	}
}

func TestUnixTimeEdges(t *testing.T) {
	column := func(u schema.TimeUnit) *schema.Column { return &schema.Column{Name: "c", Type: schema.Time, Unit: u} }
	low := time.Unix(0, math.MinInt64)
	high := time.Unix(0, math.MaxInt64)
	for _, c := range []struct {
		unit schema.TimeUnit
		in   time.Time
		want int64
		bad  bool
	}{
		{schema.Seconds, time.Unix(-1, 999_999_999), -1, false},
		{schema.Seconds, time.Time{}, -62135596800, false},
		{schema.Millis, time.Unix(0, -1), -1, false},
		{schema.Millis, time.Unix(0, 1_999_999), 1, false},
		{schema.Micros, time.Unix(0, -1), -1, false},
		{schema.Micros, time.Unix(0, -1000), -1, false},
		{schema.Micros, time.Time{}, -62135596800_000_000, false},
		{schema.Micros, time.Date(294247, 1, 10, 4, 0, 54, 775_807_999, time.UTC), math.MaxInt64, false},
		{schema.Micros, time.Date(294247, 1, 10, 4, 0, 54, 775_808_000, time.UTC), 0, true},
		{schema.Micros, time.Date(300000, 1, 1, 0, 0, 0, 0, time.UTC), 0, true},
		{schema.Nanos, low, math.MinInt64, false},
		{schema.Nanos, low.Add(-1), 0, true},
		{schema.Nanos, high, math.MaxInt64, false},
		{schema.Nanos, high.Add(1), 0, true},
		{schema.Nanos, time.Time{}, 0, true},
		{schema.Nanos, time.Date(300000, 1, 1, 0, 0, 0, 0, time.UTC), 0, true},
		{schema.Nanos, time.Unix(math.MaxInt64/2, 0), 0, true},
	} {
		got, err := column(c.unit).UnixTime(c.in)
		if c.bad != errors.Is(err, schema.ErrTimeRange) || got != c.want {
			t.Errorf("%v in %v: %d, %v; want %d, error %v", c.in, c.unit, got, err, c.want, c.bad)
		}
	}
}

func TestTimeRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		unit := rapid.SampledFrom([]schema.TimeUnit{schema.Micros, schema.Seconds, schema.Millis, schema.Nanos}).Draw(t, "unit")
		c := &schema.Column{Name: "c", Type: schema.Time, Unit: unit}
		v := rapid.Int64().Draw(t, "stored")
		if unit == schema.Seconds {
			v >>= 8 // time.Time itself ends there
		}
		got, err := c.UnixTime(c.TimeOf(v))
		if err != nil || got != v {
			t.Fatalf("%d in %v comes back as %d, %v", v, unit, got, err)
		}
	})
}

func TestFormatTimeSorts(t *testing.T) {
	c := &schema.Column{Name: "c", Type: schema.Time, Unit: schema.RFC3339}
	rapid.Check(t, func(t *rapid.T) {
		const first, last = -62167219200, 253402300799
		draw := func(label string, from, to int64) time.Time {
			ns := rapid.OneOf(rapid.Int64Range(0, 999_999_999), rapid.SampledFrom([]int64{0, 500_000_000})).Draw(t, label+" ns")
			return time.Unix(rapid.Int64Range(from, to).Draw(t, label), ns)
		}
		a := draw("a", first, last)
		b := draw("b", first, last)
		if rapid.Bool().Draw(t, "near") { // then their fractions decide
			b = draw("b", max(first, a.Unix()-1), min(last, a.Unix()+1))
		}
		x, err := c.FormatTime(a)
		if err != nil {
			t.Fatal(err)
		}
		y, err := c.FormatTime(b)
		if err != nil {
			t.Fatal(err)
		}
		if a.Compare(b) != strings.Compare(x, y) {
			t.Fatalf("%s and %s sort another way than %v and %v", x, y, a, b)
		}
		if back, err := c.ParseTime(x); err != nil || !back.Equal(a) || back.Location() != time.UTC {
			t.Fatalf("%s comes back as %v, %v", x, back, err)
		}
	})
	for _, year := range []int{-1, 10000} {
		if text, err := c.FormatTime(time.Date(year, 6, 1, 0, 0, 0, 0, time.UTC)); !errors.Is(err, schema.ErrTimeRange) {
			t.Errorf("year %d: %s, %v; want ErrTimeRange", year, text, err)
		}
	}
	if _, err := c.ParseTime("noon"); !errors.Is(err, schema.ErrTimeRange) {
		t.Errorf("noon: %v, want ErrTimeRange", err)
	}
}

func TestValueErrorIsShort(t *testing.T) {
	for _, v := range []any{strings.Repeat("é", 1e6), strings.Repeat("\x80", 1e6), make([]byte, 1e6), make([]float64, 1e6), panicking{}, 1.5, nil} {
		err := &schema.ValueError{Column: "c", Value: v, Err: schema.ErrNaN}
		if text := err.Error(); len(text) > 400 || !strings.Contains(text, `"c"`) || !strings.Contains(text, "nan=null") {
			t.Errorf("error of a %T: %d bytes: %.200s", v, len(text), text)
		}
		if !errors.Is(err, schema.ErrNaN) {
			t.Errorf("error of a %T does not unwrap", v)
		}
	}
}
