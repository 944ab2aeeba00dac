package storetest

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

type label string

// score is stored by its Value, as a text.
type score int

func (s score) Value() (driver.Value, error) { return strconv.Itoa(int(s)) + "/5", nil }

func (s *score) Scan(src any) error {
	text, _ := src.(string)
	n, err := strconv.Atoi(strings.TrimSuffix(text, "/5"))
	*s = score(n)
	return err
}

// moment is stored by its Value, as a time.
type moment struct{ at time.Time }

func (m moment) Value() (driver.Value, error) { return m.at, nil }

func (m *moment) Scan(src any) error {
	m.at, _ = src.(time.Time)
	return nil
}

// everything has a column of each type, and of each way to be NULL.
type everything struct {
	N        int64
	Bool     bool
	I8       int8
	I16      int16
	I32      int32
	I64      int64
	U8       uint8
	U16      uint16
	U32      uint32
	U64      uint64
	UText    uint64 `db:",uint=text"`
	UBlob    uint64 `db:",uint=blob"`
	F32      float32
	F64      float64
	FNull    float64 `db:",nan=null"`
	Text     string
	Label    label
	Blob     []byte
	Time     time.Time
	Seconds  time.Time `db:",time=s"`
	Millis   time.Time `db:",time=ms"`
	Nanos    time.Time `db:",time=ns"`
	RFC      time.Time `db:",time=rfc3339"`
	Duration time.Duration
	JSON     json.RawMessage
	Map      map[string]int `db:",json"`
	V32      []float32
	V64      []float64
	Array    [3]float64
	Addr     netip.Addr
	UUID     [16]byte
	Hash     *[3]byte
	Score    score           `db:",sql=text"`
	NScore   sql.Null[score] `db:",sql=text"`
	Moment   moment          `db:",sql=time,time=ms,null"`
	PBool    *bool
	PInt     *int32
	PUint    *uint64
	PFloat   *float64
	PText    *string
	PTime    *time.Time
	NText    sql.Null[string]
	NTime    sql.Null[time.Time]
	NullBlob []byte          `db:",null"`
	NullText string          `db:",null"`
	NullJSON []int           `db:",null,json"`
	NullVec  []float32       `db:",null"`
	NullMap  map[string]bool `db:",null,json"`
}

// zero is a row of zero values that can be stored.
func zero(n int64) everything {
	return everything{N: n, JSON: json.RawMessage("null"), Time: time.Unix(0, 0), Seconds: time.Unix(0, 0),
		Millis: time.Unix(0, 0), Nanos: time.Unix(0, 0), RFC: time.Unix(0, 0)}
}

// sameEverything compares rows as they are after they were stored: JSON by
// what it says, times by the moment, NaN as equal.
var sameEverything = cmp.Options{
	cmp.Transformer("JSON", func(raw json.RawMessage) (v any) {
		if err := json.Unmarshal(raw, &v); err != nil {
			return string(raw)
		}
		return v
	}),
	cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) }),
	cmp.Comparer(func(a, b float64) bool { return a == b || a != a && b != b }),
	cmp.Comparer(func(a, b float32) bool { return a == b || a != a && b != b }),
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	cmp.Comparer(func(a, b moment) bool { return a.at.Equal(b.at) }),
}

// stored is a row as it comes back: nil slices of columns that are not NULL
// are empty, as is a nil map.
func (e everything) stored() everything {
	if e.Blob == nil {
		e.Blob = []byte{}
	}
	if e.V32 == nil {
		e.V32 = []float32{}
	}
	if e.V64 == nil {
		e.V64 = []float64{}
	}
	return e
}

func ptr[T any](v T) *T { return &v }

// edges are rows of values at the edges of their types.
func edges() []everything {
	low, high, odd := zero(1), zero(2), zero(3)
	low.I8, low.I16, low.I32, low.I64 = math.MinInt8, math.MinInt16, math.MinInt32, math.MinInt64
	low.F32, low.F64, low.FNull = -math.MaxFloat32, -math.MaxFloat64, math.NaN()
	low.Time, low.Seconds = time.Date(-4000, 1, 1, 0, 0, 0, 1000, time.UTC), time.Date(-4712, 12, 31, 23, 59, 59, 0, time.UTC)
	low.Millis, low.Nanos = time.Date(1, 1, 1, 0, 0, 0, 999e6, time.UTC), time.Unix(0, math.MinInt64)
	low.RFC, low.Duration = time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC), math.MinInt64
	low.Array, low.V64 = [3]float64{-1, math.Inf(-1), math.NaN()}, []float64{math.NaN(), math.SmallestNonzeroFloat64}
	low.PBool, low.PInt, low.PUint, low.PFloat, low.PText = ptr(false), ptr(int32(0)), ptr(uint64(0)), ptr(0.0), ptr("")
	low.PTime, low.NText, low.NTime = ptr(time.Unix(-1, 0)), sql.Null[string]{Valid: true}, sql.Null[time.Time]{V: time.Unix(0, 0), Valid: true}
	low.NullBlob, low.NullVec, low.NullJSON = []byte{}, []float32{}, []int{}

	high.Bool = true
	high.I8, high.I16, high.I32, high.I64 = math.MaxInt8, math.MaxInt16, math.MaxInt32, math.MaxInt64
	high.U8, high.U16, high.U32, high.U64 = math.MaxUint8, math.MaxUint16, math.MaxUint32, math.MaxInt64
	high.UText, high.UBlob = math.MaxUint64, math.MaxUint64
	high.F32, high.F64, high.FNull = math.MaxFloat32, math.MaxFloat64, math.Inf(1)
	high.Text, high.Label = "日本語 \U0010FFFF \t\r\n\\\"'", label(strings.Repeat("é", 5000))
	high.Blob = []byte{0, 1, 0xfe, 0xff, '\\', 0}
	high.Time, high.Seconds = time.Date(294246, 12, 31, 23, 59, 59, 999_999_000, time.UTC), time.Date(294276, 1, 1, 0, 0, 0, 0, time.UTC)
	high.Millis, high.Nanos = time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC), time.Unix(0, math.MaxInt64)
	high.RFC, high.Duration = time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC), math.MaxInt64
	high.JSON = json.RawMessage(`{"a":[1,2.50,-3e2,true,null,"\u00e9\ud83d\ude00\\u0000"],"b":{"c":{}}}`)
	high.Map, high.V32 = map[string]int{"x": 1, "": 2}, []float32{1.5, -2.25, float32(math.Inf(1)), math.SmallestNonzeroFloat32}
	high.V64, high.Array = make([]float64, 3000), [3]float64{1, 2, 3}
	high.UUID, high.Hash = [16]byte{0, 0xff, 15: 1}, &[3]byte{1}
	high.Score, high.NScore, high.Moment = -3, sql.Null[score]{V: 4, Valid: true}, moment{time.UnixMilli(-1)}
	high.Addr = netip.MustParseAddr("2001:db8::1")
	high.PBool, high.PInt, high.PUint, high.PFloat, high.PText = ptr(true), ptr(int32(-7)), ptr(uint64(9_999)), ptr(-0.5), ptr("x")
	high.NullText, high.NullMap = "text", map[string]bool{"a": true}

	odd.F32, odd.F64, odd.U64 = math.SmallestNonzeroFloat32, 0.1, 10_000
	odd.I64, odd.U32, odd.PUint = -10_000, 40_000, ptr(uint64(100_000_000))
	odd.Time = time.Date(2026, 1, 2, 3, 4, 5, 678_901_000, time.FixedZone("", 5*3600+1800))
	odd.Nanos, odd.RFC = odd.Time.Add(234), odd.Time.Add(234)
	return []everything{zero(0), low, high, odd}
}

// types stores values at the edges of all types, alone and many times over,
// and reads them back the same.
func (s Suite) types(t *testing.T) {
	b := s.Open(t)
	for name, times := range map[string]int{"few": 1, "many": 25} {
		tab := openTable(t, b, table.Options[everything]{Name: "types_" + name})
		var rows, back []everything
		for range times {
			for _, e := range edges() {
				e.N = int64(len(rows))
				rows, back = append(rows, e), append(back, e.stored())
			}
		}
		if err := tab.Append(t.Context(), rows); err != nil {
			t.Fatal(err)
		}
		got := collect(t, tab.Where(t.Context(), "", table.OrderBy("n")))
		if diff := cmp.Diff(back, got, sameEverything); diff != "" {
			t.Errorf("%s rows (-want +got):\n%s", name, diff)
		}
		for _, e := range got {
			if e.Time.Location() != time.UTC || e.RFC.Location() != time.UTC {
				t.Errorf("times are in %v and %v, want UTC", e.Time.Location(), e.RFC.Location())
			}
		}
	}
	// Times are rounded down to their column's unit, also before 1970.
	tab := openTable(t, b, table.Options[everything]{Name: "types_few"})
	at := time.Date(1969, 12, 31, 23, 59, 58, 987_654_321, time.UTC)
	e := zero(1000)
	e.Time, e.Seconds, e.Millis, e.Nanos, e.RFC = at, at, at, at, at
	if err := tab.Append(t.Context(), []everything{e}); err != nil {
		t.Fatal(err)
	}
	got, err := tab.One(t.Context(), "n = 1000")
	if err != nil {
		t.Fatal(err)
	}
	wanted := []time.Time{at.Truncate(time.Microsecond), at.Truncate(time.Second), at.Truncate(time.Millisecond), at, at}
	if diff := cmp.Diff(wanted, []time.Time{got.Time, got.Seconds, got.Millis, got.Nanos, got.RFC}); diff != "" {
		t.Errorf("times (-want +got):\n%s", diff)
	}
}

// typesRandom stores random values, and reads them back the same.
func (s Suite) typesRandom(t *testing.T) {
	tab := openTable(t, s.Open(t), table.Options[everything]{})
	n := int64(0)
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune("aé日\\\"'\t\n\U0001F600\u200B ")), 0, 40, -1)
		moment := rapid.Custom(func(rt *rapid.T) time.Time {
			return time.Unix(rapid.Int64Range(-9e9, 9e9).Draw(rt, "s"), rapid.Int64Range(0, 999_999_999).Draw(rt, "ns"))
		})
		rows := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) everything {
			n++
			e := zero(n)
			e.I64, e.I32, e.I8 = rapid.Int64().Draw(rt, "i64"), rapid.Int32().Draw(rt, "i32"), rapid.Int8().Draw(rt, "i8")
			e.U64, e.UText, e.UBlob = rapid.Uint64Max(math.MaxInt64).Draw(rt, "u64"), rapid.Uint64().Draw(rt, "ut"), rapid.Uint64().Draw(rt, "ub")
			e.F64, e.F32, e.FNull = rapid.Float64().Draw(rt, "f64"), rapid.Float32().Draw(rt, "f32"), rapid.Float64().Draw(rt, "fn")
			e.Text, e.Blob = text.Draw(rt, "text"), rapid.SliceOf(rapid.Byte()).Draw(rt, "blob")
			e.Nanos, e.RFC, e.Time = moment.Draw(rt, "ns"), moment.Draw(rt, "rfc"), moment.Draw(rt, "us").Truncate(time.Microsecond)
			e.Map = rapid.MapOf(text, rapid.Int()).Draw(rt, "map")
			copy(e.UUID[:], e.Blob)
			e.Score = score(e.I32)
			e.V32, e.V64 = rapid.SliceOf(rapid.Float32()).Draw(rt, "v32"), rapid.SliceOf(rapid.Float64()).Draw(rt, "v64")
			e.PInt, e.PText = rapid.Ptr(rapid.Int32(), true).Draw(rt, "pint"), rapid.Ptr(text, true).Draw(rt, "ptext")
			return e
		}), 1, 8).Draw(rt, "rows")
		if err := tab.Append(t.Context(), rows); err != nil {
			rt.Fatal(err)
		}
		var got, back []everything
		for row, err := range tab.Where(t.Context(), "n >= "+fmt.Sprint(rows[0].N)+" AND n <= "+fmt.Sprint(rows[len(rows)-1].N), table.OrderBy("n")) {
			if err != nil {
				rt.Fatal(err)
			}
			got = append(got, row)
		}
		for _, r := range rows {
			back = append(back, r.stored())
		}
		if diff := cmp.Diff(back, got, sameEverything); diff != "" {
			rt.Errorf("rows (-want +got):\n%s", diff)
		}
	})
}

// typesRefused are values that no column holds: each is an error of its own
// kind that names the column, and nothing is stored.
func (s Suite) typesRefused(t *testing.T) {
	tab := openTable(t, s.Open(t), table.Options[everything]{})
	far := time.Date(300_000, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		change func(e *everything)
		column string
		err    error
	}{
		"NaN":                 {func(e *everything) { e.F64 = math.NaN() }, "f64", schema.ErrNaN},
		"NaN32":               {func(e *everything) { e.F32 = float32(math.NaN()) }, "f32", schema.ErrNaN},
		"NaN behind pointer":  {func(e *everything) { e.PFloat = ptr(math.NaN()) }, "p_float", schema.ErrNaN},
		"NUL":                 {func(e *everything) { e.Text = "a\x00b" }, "text", schema.ErrText},
		"not UTF-8":           {func(e *everything) { e.Label = "\xff" }, "label", schema.ErrText},
		"NUL behind pointer":  {func(e *everything) { e.PText = ptr("\x00") }, "p_text", schema.ErrText},
		"uint":                {func(e *everything) { e.U64 = 1 << 63 }, "u64", schema.ErrUintRange},
		"uint behind pointer": {func(e *everything) { e.PUint = ptr(uint64(math.MaxUint64)) }, "p_uint", schema.ErrUintRange},
		"year 300000":         {func(e *everything) { e.Nanos = far }, "nanos", schema.ErrTimeRange},
		"RFC 3339":            {func(e *everything) { e.RFC = far }, "rfc", schema.ErrTimeRange},
		"zero in nanoseconds": {func(e *everything) { e.Nanos = time.Time{} }, "nanos", schema.ErrTimeRange},
		"microseconds":        {func(e *everything) { e.Time = time.Unix(math.MaxInt64, 0) }, "time", schema.ErrTimeRange},
		"JSON":                {func(e *everything) { e.JSON = json.RawMessage("{") }, "json", schema.ErrJSON},
		"no JSON":             {func(e *everything) { e.JSON = nil }, "json", schema.ErrJSON},
	} {
		rows := []everything{zero(1), zero(2)}
		c.change(&rows[1])
		err := tab.Append(t.Context(), rows)
		var row *table.RowError
		if !errors.As(err, &row) || !errors.Is(err, c.err) {
			t.Errorf("%s: error is %v, want a *RowError of %q", name, err, c.err)
			continue
		}
		if row.Row != 1 || row.Column != c.column {
			t.Errorf("%s: the error names row %d, column %q, want 1 and %q", name, row.Row, row.Column, c.column)
		}
		var value *schema.ValueError
		if !errors.As(err, &value) {
			t.Errorf("%s: there is no *schema.ValueError in %v", name, err)
		}
	}
	if n, err := tab.Count(t.Context()); n != 0 || err != nil {
		t.Errorf("%d rows, %v, want none", n, err)
	}
	var row *store.RowError
	if err := tab.Append(t.Context(), []everything{{}}); !errors.As(err, &row) {
		t.Errorf("a zero row, whose JSON is nil: error is %v, want a *RowError", err)
	}
}
