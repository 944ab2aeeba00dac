package schema_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"net/netip"
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
	weights []float32
	point   struct{ X, Y float64 }
)

type ids struct {
	Subject string
	session string //nolint:unused // unexported fields are not columns
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
