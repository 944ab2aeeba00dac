package schema_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/galley-db/galley/schema"
	"github.com/google/go-cmp/cmp"
)

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

// A nil within a pointer or an sql.Null that exists is no NULL.
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
