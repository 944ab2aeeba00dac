package schema_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/galley-db/galley/schema"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

type (
	level   int8
	label   string
	bits    []byte
	stamp   time.Time
	weights []float32
	point   struct{ X, Y float64 }
)

type ids struct {
	Subject string
	session string //nolint:unused // unexported fields are no columns
	Run     int16
}

type everything struct {
	ids
	B      bool
	I      int
	I8     int8
	I16    int16
	I32    int32
	I64    int64
	U      uint
	U8     uint8
	U16    uint16
	U32    uint32
	U64    uint64
	UP     uintptr
	UText  uint64 `db:",uint=text"`
	UBlob  uint64 `db:",uint=blob"`
	F32    float32
	F64    float64
	NaN32  float32 `db:",nan=null"`
	NaN64  float64 `db:",nan=null"`
	S      string
	Bytes  []byte
	BytesN []byte `db:",null"`
	T      time.Time
	TS     time.Time `db:",time=s"`
	TMs    time.Time `db:",time=ms"`
	TNs    time.Time `db:",time=ns"`
	TText  time.Time `db:",time=rfc3339"`
	D      time.Duration
	Level  level
	Label  label
	Bits   bits
	Raw    json.RawMessage
	RawN   json.RawMessage `db:",null"`
	Map    map[string]int  `db:",json"`
	MapN   map[string]int  `db:",json,null"`
	Any    any             `db:",json"`
	Point  point           `db:",json"`
	PointP *point          `db:",json"`
	V32    weights
	V64    []float64 `db:",dim=3"`
	V64N   []float64 `db:",null"`
	Arr    [2]float32
	Addr   netip.Addr
	Big    *big.Int
	PI     *int32
	PS     *string
	PT     *time.Time
	PU     *uint64  `db:",uint=blob"`
	PF     *float64 `db:",nan=null"`
	PArr   *[2]float64
	NI     sql.Null[int64]
	NT     sql.Null[time.Time]
	NJ     sql.Null[point] `db:",json"`
	Zero   int             `db:",null"`
	Pre    point
	Post   struct {
		At point `db:"q"`
	} `db:"after"`
}

func utc(year int) time.Time { return time.Date(year, 1, 2, 3, 4, 5, 678901000, time.UTC) }

func full() everything {
	var p everything
	p.ids = ids{Subject: "sub-01", Run: -3}
	p.B, p.I, p.I8, p.I16, p.I32, p.I64 = true, math.MinInt, math.MinInt8, math.MaxInt16, math.MinInt32, math.MinInt64
	p.U, p.U8, p.U16, p.U32, p.U64, p.UP = math.MaxInt, math.MaxUint8, math.MaxUint16, math.MaxUint32, math.MaxInt64, 7
	p.UText, p.UBlob = math.MaxUint64, math.MaxUint64
	p.F32, p.F64 = math.MaxFloat32, math.Inf(-1)
	p.NaN32, p.NaN64 = float32(math.NaN()), math.NaN()
	p.S, p.Bytes = "håndsats", []byte{0, 1, 255}
	p.T, p.TS, p.TMs = utc(1), utc(9999).Truncate(time.Second), utc(-200).Truncate(time.Millisecond)
	p.TNs, p.TText = utc(2026).Add(1), utc(9999).Add(1)
	p.D, p.Level, p.Label, p.Bits = math.MinInt64, -4, "x", bits("b")
	p.Raw, p.RawN = json.RawMessage(`{"a": 1}`), json.RawMessage("null")
	p.Map, p.MapN, p.Any = map[string]int{"a": 1}, map[string]int{}, "text"
	p.Point, p.PointP = point{1, 2}, &point{3, 4}
	p.V32, p.V64, p.V64N, p.Arr = weights{1.5, float32(math.NaN())}, []float64{1, math.Inf(1), -0.5}, []float64{}, [2]float32{1, 2}
	p.Addr, p.Big = netip.MustParseAddr("10.0.0.1"), big.NewInt(12)
	i32, s, at, u, f := int32(5), "", utc(2000), uint64(math.MaxUint64), 2.5
	p.PI, p.PS, p.PT, p.PU, p.PF, p.PArr = &i32, &s, &at, &u, &f, &[2]float64{3, 4}
	p.NI = sql.Null[int64]{V: 0, Valid: true}
	p.NT = sql.Null[time.Time]{V: utc(1970), Valid: true}
	p.NJ = sql.Null[point]{V: point{5, 6}, Valid: true}
	p.Zero, p.Pre, p.Post.At = 1, point{7, 8}, point{9, 10}
	return p
}

var exact = cmp.Options{
	cmpopts.EquateNaNs(),
	cmp.AllowUnexported(everything{}, ids{}),
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	cmp.Comparer(func(a, b *big.Int) bool { return a == b || a != nil && b != nil && a.Cmp(b) == 0 }),
}

func TestBinderRoundTrip(t *testing.T) {
	zero := everything{}
	// What no column can hold as it is: these three go out as empty or null.
	zero.Bytes, zero.Bits, zero.V32, zero.V64, zero.Raw = []byte{}, bits{}, weights{}, []float64{0, 0, 0}, json.RawMessage("0")
	zero.TNs = time.Unix(0, 0).UTC()
	for name, want := range map[string]everything{"full": full(), "zero": zero} {
		got, _, err := pass(t, want)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(want, got, exact); diff != "" {
			t.Errorf("%s: row differs (-want +got):\n%s", name, diff)
		}
	}
}

// Scan must set every field, whatever the row held before.
func TestScanOverwrites(t *testing.T) {
	want := everything{Bytes: []byte{}, Bits: bits{}, V32: weights{}, V64: []float64{0, 0, 0}, Raw: json.RawMessage("0"), TNs: time.Unix(0, 0).UTC()}
	s, b := must[everything](t)
	r := newRow(s)
	if err := errors.Join(b.Bind(r, &want), r.err); err != nil {
		t.Fatal(err)
	}
	got, kept := full(), full()
	pointed := got.PI
	if err := errors.Join(b.Scan(reader{r}, &got), r.err); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, exact); diff != "" {
		t.Errorf("row differs (-want +got):\n%s", diff)
	}
	if *pointed != *kept.PI {
		t.Error("Scan wrote through a pointer of the row before")
	}
}

// gather is text that adds to what it has.
type gather struct{ parts []string }

func (g gather) MarshalText() ([]byte, error) { return []byte(strings.Join(g.parts, "")), nil }

func (g *gather) UnmarshalText(text []byte) error {
	g.parts = append(g.parts, string(text))
	return nil
}

// A row that is read into again shares nothing with what was read before,
// and nothing with the Reader.
func TestScanTakesNothingOver(t *testing.T) {
	type holders struct {
		P    *int
		Null sql.Null[gather]
		Text gather
		Map  map[string]int `db:",json"`
		Blob []byte
		Vec  []float32
	}
	one, two := 1, 2
	first := holders{&one, sql.Null[gather]{V: gather{[]string{"a"}}, Valid: true}, gather{[]string{"a"}}, map[string]int{"a": 1}, []byte("a"), []float32{1}}
	second := holders{&two, sql.Null[gather]{V: gather{[]string{"b"}}, Valid: true}, gather{[]string{"b"}}, map[string]int{"b": 2}, []byte("b"), []float32{2}}
	s, b := must[holders](t)
	var got holders
	scan := func(want holders) holders {
		r := newRow(s)
		if err := errors.Join(b.Bind(r, &want), r.err, b.Scan(reader{r}, &got), r.err); err != nil {
			t.Fatal(err)
		}
		clear(r.cells[4].([]byte)) // the Reader's next row
		return got
	}
	kept := scan(first)
	again := scan(second)
	unexported := cmp.AllowUnexported(gather{})
	if diff := cmp.Diff(first, kept, unexported); diff != "" {
		t.Errorf("first row differs (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(second, again, unexported); diff != "" {
		t.Errorf("second row differs (-want +got):\n%s", diff)
	}
}

// A nil within a pointer or an sql.Null that is there is no NULL.
func TestNilWithinWrap(t *testing.T) {
	type wraps struct {
		P *[]byte
		N sql.Null[[]byte]
		V *[]float32
		J *map[string]int `db:",json"`
	}
	var b []byte
	var v []float32
	var m map[string]int
	got, cells, err := pass(t, wraps{&b, sql.Null[[]byte]{Valid: true}, &v, &m})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]any{[]byte{}, []byte{}, []byte{}, "null"}, cells); diff != "" {
		t.Errorf("cells differ (-want +got):\n%s", diff)
	}
	if got.P == nil || !got.N.Valid || got.V == nil || got.J == nil {
		t.Errorf("read as NULL: %+v", got)
	}
}

// A uint has 4 bytes on some machines.
func TestUintOfAnySize(t *testing.T) {
	type word struct {
		V uint `db:",uint=text"`
	}
	for _, v := range []uint{0, 7, math.MaxUint} {
		if got, _, err := pass(t, word{v}); err != nil || got.V != v {
			t.Errorf("%d comes back as %d, %v", v, got.V, err)
		}
	}
	err := scanOne[word](t, "00000000004294967296")
	if fits := strconv.IntSize == 64; fits != (err == nil) || !fits && !errors.Is(err, schema.ErrOverflow) {
		t.Errorf("4294967296 into %d bits: error %v", strconv.IntSize, err)
	}
}

func TestStoredForm(t *testing.T) {
	type forms struct {
		Nil    []byte
		NilN   []byte    `db:",null"`
		Empty  []byte    `db:",null"`
		UText  uint64    `db:",uint=text"`
		UBlob  uint64    `db:",uint=blob"`
		Text   time.Time `db:",time=rfc3339"`
		Secs   time.Time `db:",time=s"`
		NaN    float64   `db:",nan=null"`
		Minus  float64
		Vector []float32
		Arr    [1]float64
		NilMap map[string]int `db:",json"`
		Yes    bool
		Null   int `db:",null"`
	}
	zone := time.FixedZone("", 3600)
	_, cells, err := pass(t, forms{
		Empty: []byte{}, UText: 42, UBlob: 258, Text: time.Date(2026, 1, 1, 0, 30, 0, 5, zone),
		Secs: time.Unix(-1, 1), NaN: math.NaN(), Minus: math.Copysign(0, -1), Vector: []float32{1}, Arr: [1]float64{-2}, Yes: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []any{
		[]byte{}, nil, []byte{}, "00000000000000000042", []byte{0, 0, 0, 0, 0, 0, 1, 2},
		"2025-12-31T23:30:00.000000005Z", int64(-1), nil, 0.0,
		[]byte{0, 0, 0x80, 0x3f}, []byte{0, 0, 0, 0, 0, 0, 0, 0xc0}, "null", int64(1), int64(0),
	}
	if diff := cmp.Diff(want, cells); diff != "" {
		t.Errorf("cells differ (-want +got):\n%s", diff)
	}
}

// refusal tells of which column and for which reason a row was refused.
func refusal[T any](t *testing.T, v T) (column string, err error) {
	t.Helper()
	s, b := must[T](t)
	r := newRow(s)
	if err = b.Bind(r, &v); err == nil {
		err = r.err
	}
	bad, ok := errors.AsType[*schema.ValueError](err)
	if !ok {
		t.Fatalf("%T: error is %v, want a *ValueError", v, err)
	}
	return bad.Column, err
}

func TestRefused(t *testing.T) {
	check := func(name, column string, err, want error) {
		t.Helper()
		if column != "v" || !errors.Is(err, want) {
			t.Errorf("%s: column %q, error %v; want column v, %v", name, column, err, want)
		}
	}
	column, err := refusal(t, struct{ V float64 }{math.NaN()})
	check("NaN", column, err, schema.ErrNaN)
	column, err = refusal(t, struct{ V float32 }{float32(math.NaN())})
	check("NaN32", column, err, schema.ErrNaN)
	column, err = refusal(t, struct{ V uint64 }{math.MaxInt64 + 1})
	check("uint", column, err, schema.ErrUintRange)
	column, err = refusal(t, struct{ V *uint64 }{new(uint64(math.MaxUint64))})
	check("*uint64", column, err, schema.ErrUintRange)
	column, err = refusal(t, struct{ V string }{"a\x00"})
	check("NUL", column, err, schema.ErrText)
	column, err = refusal(t, struct{ V string }{"\xff"})
	check("UTF-8", column, err, schema.ErrText)
	column, err = refusal(t, struct {
		V time.Time `db:",time=ns"`
	}{utc(1)})
	check("year 1 in ns", column, err, schema.ErrTimeRange)
	column, err = refusal(t, struct {
		V time.Time `db:",time=rfc3339"`
	}{utc(10000)})
	check("year 10000", column, err, schema.ErrTimeRange)
	column, err = refusal(t, struct {
		V []float64 `db:",dim=2"`
	}{[]float64{1}})
	check("vector", column, err, schema.ErrVectorLen)
	column, err = refusal(t, struct{ V json.RawMessage }{nil})
	check("nil raw", column, err, schema.ErrJSON)
	column, err = refusal(t, struct{ V json.RawMessage }{json.RawMessage("{")})
	check("raw", column, err, schema.ErrJSON)
	column, err = refusal(t, struct {
		V any `db:",json"`
	}{math.Inf(1)})
	check("json", column, err, schema.ErrJSON)
	column, err = refusal(t, struct{ V failing }{})
	check("MarshalText", column, err, errFailing)
}

type failing struct{}

var errFailing = errors.New("no text today")

func (failing) MarshalText() ([]byte, error) { return nil, errFailing }
func (*failing) UnmarshalText([]byte) error  { return errFailing }

func TestScanRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		want error
	}{
		{"int8", scanOne[struct{ V int8 }](t, int64(300)), schema.ErrOverflow},
		{"int16", scanOne[struct{ V int16 }](t, int64(-40000)), schema.ErrOverflow},
		{"int32", scanOne[struct{ V int32 }](t, int64(math.MaxInt64)), schema.ErrOverflow},
		{"uint8", scanOne[struct{ V uint8 }](t, int64(-1)), schema.ErrOverflow},
		{"uint16", scanOne[struct{ V uint16 }](t, int64(65536)), schema.ErrOverflow},
		{"uint32", scanOne[struct{ V uint32 }](t, int64(-1)), schema.ErrOverflow},
		{"uint64", scanOne[struct{ V uint64 }](t, int64(-1)), schema.ErrOverflow},
		{"float32", scanOne[struct{ V float32 }](t, math.MaxFloat64), schema.ErrOverflow},
		{"pointer", scanOne[struct{ V *int8 }](t, int64(300)), schema.ErrOverflow},
		{"sql.Null", scanOne[struct{ V sql.Null[int8] }](t, int64(300)), schema.ErrOverflow},
		{"uint=text", scanOne[struct {
			V uint64 `db:",uint=text"`
		}](t, "x"), schema.ErrOverflow},
		{"uint=blob", scanOne[struct {
			V uint64 `db:",uint=blob"`
		}](t, []byte("abc")), schema.ErrOverflow},
		{"vector", scanOne[struct{ V []float32 }](t, []byte("abc")), schema.ErrVectorLen},
		{"array", scanOne[struct{ V [2]float32 }](t, []byte("abcd")), schema.ErrVectorLen},
		{"raw", scanOne[struct{ V json.RawMessage }](t, "{"), schema.ErrJSON},
		{"json", scanOne[struct {
			V []int `db:",json"`
		}](t, `"x"`), schema.ErrJSON},
		{"text", scanOne[struct{ V failing }](t, "x"), errFailing},
		{"null bool", scanOne[struct{ V bool }](t, nil), schema.ErrNull},
		{"null int", scanOne[struct{ V int }](t, nil), schema.ErrNull},
		{"null float32", scanOne[struct{ V float32 }](t, nil), schema.ErrNull},
		{"null float", scanOne[struct{ V float64 }](t, nil), schema.ErrNull},
		{"null string", scanOne[struct{ V string }](t, nil), schema.ErrNull},
		{"null bytes", scanOne[struct{ V []byte }](t, nil), schema.ErrNull},
		{"null time", scanOne[struct{ V time.Time }](t, nil), schema.ErrNull},
		{"null vector", scanOne[struct{ V []float32 }](t, nil), schema.ErrNull},
		{"null raw", scanOne[struct{ V json.RawMessage }](t, nil), schema.ErrNull},
		{"null text", scanOne[struct{ V failing }](t, nil), schema.ErrNull},
		{"null uint=text", scanOne[struct {
			V uint64 `db:",uint=text"`
		}](t, nil), schema.ErrNull},
	} {
		if _, ok := errors.AsType[*schema.ValueError](c.err); !ok || !errors.Is(c.err, c.want) {
			t.Errorf("%s: error %v, want a *ValueError with %v", c.name, c.err, c.want)
		}
	}
}

// scanOne reads a row of one column, which holds cell.
func scanOne[T any](t *testing.T, cell any) error {
	t.Helper()
	s, b := must[T](t)
	r := newRow(s)
	r.cells[0] = cell
	return b.Scan(reader{r}, new(T))
}

func TestNullReadsAsZero(t *testing.T) {
	type nulls struct {
		I int            `db:",null"`
		S string         `db:",null"`
		B []byte         `db:",null"`
		F float64        `db:",null"`
		N float64        `db:",nan=null"`
		T time.Time      `db:",null"`
		V []float64      `db:",null"`
		A [2]float32     `db:",null"`
		M map[string]int `db:",json,null"`
		P *int
		U uint64 `db:",null,uint=text"`
	}
	s, b := must[nulls](t)
	one := 1
	got := nulls{1, "x", []byte("x"), 1, 1, utc(1), []float64{1}, [2]float32{1, 2}, map[string]int{"a": 1}, &one, 9}
	if err := b.Scan(reader{newRow(s)}, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(nulls{N: math.NaN()}, got, cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("row of NULLs differs (-want +got):\n%s", diff)
	}
}

func TestPanicOfMarshalTextGoesThrough(t *testing.T) {
	_, b := must[struct{ V panicking }](t)
	s, _ := must[struct{ V panicking }](t)
	defer func() {
		if got := recover(); got != "marshal" {
			t.Errorf("recovered %v, want the panic of MarshalText", got)
		}
	}()
	err := b.Bind(newRow(s), &struct{ V panicking }{})
	t.Errorf("Bind returned %v, want a panic", err)
}

type panicking struct{}

func (panicking) MarshalText() ([]byte, error) { panic("marshal") }
func (*panicking) UnmarshalText([]byte) error  { return nil }

func TestReflectChecksFingerprint(t *testing.T) {
	other, _ := must[point](t)
	for name, s := range map[string]*schema.Schema{"other": other, "nil": nil} {
		if _, err := schema.Reflect[ids](s); !errors.Is(err, schema.ErrFingerprint) {
			t.Errorf("%s schema: error %v, want ErrFingerprint", name, err)
		}
	}
	renamed, err := other.Named("elsewhere")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := schema.Reflect[point](renamed); err != nil {
		t.Errorf("schema under another name: %v", err)
	}
	_, b := must[point](t)
	if err := b.Bind(newRow(other), nil); err == nil {
		t.Error("Bind of a nil row returned no error")
	}
	if err := b.Scan(reader{newRow(other)}, nil); err == nil {
		t.Error("Scan into a nil row returned no error")
	}
}
