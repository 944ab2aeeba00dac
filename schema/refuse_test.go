package schema_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/galley-db/galley/schema"
)

// refusal returns the column and the reason of a refused row.
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

func TestMistakesInTagsAreRefused(t *testing.T) {
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
