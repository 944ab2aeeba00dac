package schema_test

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/schema"
)

// grade is an int whose Value is a text.
type grade int

var grades = []string{"poor", "fair", "good"}

func (g grade) Value() (driver.Value, error) {
	if g < 0 || int(g) >= len(grades) {
		return nil, errGrade
	}
	return grades[g], nil
}

func (g *grade) Scan(src any) error {
	for i, name := range grades {
		if src == name {
			*g = grade(i)
			return nil
		}
	}
	return fmt.Errorf("%w: %v (%T)", errGrade, src, src)
}

var errGrade = errors.New("unknown grade")

// money has its methods by pointer, and is NULL where it is not set.
type money struct {
	Cents int64
	Set   bool
}

func (m *money) Value() (driver.Value, error) {
	if !m.Set {
		return nil, nil
	}
	return m.Cents, nil
}

func (m *money) Scan(src any) error {
	m.Cents, m.Set = src.(int64)
	return nil
}

// tags are a slice of which Value makes bytes.
type tags []string

func (t tags) Value() (driver.Value, error) { return []byte(strings.Join(t, " ")), nil }

func (t *tags) Scan(src any) error {
	switch src := src.(type) {
	case string:
		*t = strings.Fields(src)
	case []byte:
		*t = strings.Fields(string(src))
	default:
		return fmt.Errorf("tags from a %T", src)
	}
	return nil
}

// anything stores the value that it holds, and panics on demand.
type anything struct{ V any }

func (a anything) Value() (driver.Value, error) {
	if a.V == "panic" {
		panic("the user's own")
	}
	return a.V, nil
}

func (a *anything) Scan(src any) error { a.V = src; return nil }

type byValue struct {
	Grade  grade           `db:",sql=text"`
	Ref    *grade          `db:",sql=text"`
	Null   sql.Null[grade] `db:",sql=text"`
	Money  money           `db:",sql=int64,null"`
	Tags   tags            `db:",sql=text"`
	Packed tags            `db:",sql=blob"`
	Flag   anything        `db:",sql=bool"`
	Ratio  anything        `db:",sql=float64"`
	When   anything        `db:",sql=time,time=s"`
	Plain  grade           `db:",sql=kind"`
}

func TestByValueRoundTrip(t *testing.T) {
	at := time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)
	good := grade(2)
	want := byValue{
		Grade: 1, Ref: &good, Null: sql.Null[grade]{V: 0, Valid: true}, Money: money{-5, true}, Tags: tags{"a", "ä"}, Packed: tags{"b"},
		Flag: anything{true}, Ratio: anything{0.5}, When: anything{at}, Plain: 7,
	}
	got, cells, err := pass(t, want)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("row (-want +got):\n%s", diff)
	}
	stored := []any{"fair", "good", "poor", int64(-5), "a ä", []byte("b"), int64(1), 0.5, at.Unix(), int64(7)}
	if diff := cmp.Diff(stored, cells); diff != "" {
		t.Errorf("cells (-want +got):\n%s", diff)
	}
	want.Ref, want.Null, want.Money = nil, sql.Null[grade]{}, money{}
	if got, cells, err = pass(t, want); err != nil || cells[1] != nil || cells[2] != nil || cells[3] != nil {
		t.Fatalf("cells %v, error %v, want three NULLs", cells, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("row of NULLs (-want +got):\n%s", diff)
	}
}

// TestByValueRefused: a Value that fails, or returns another type than the tag
// says, is refused with the column's name.
func TestByValueRefused(t *testing.T) {
	type row struct {
		A anything `db:",sql=text"`
	}
	for name, c := range map[string]struct {
		value any
		want  error
	}{
		"number for text": {int64(1), schema.ErrValue},
		"not a value":     {int8(1), schema.ErrValue},
		"nil":             {nil, schema.ErrNull},
		"not UTF-8":       {"\xff", schema.ErrText},
		"bytes, no UTF-8": {[]byte{0xff}, schema.ErrText},
	} {
		_, _, err := pass(t, row{anything{c.value}})
		bad, ok := errors.AsType[*schema.ValueError](err)
		if !ok || bad.Column != "a" || !errors.Is(err, c.want) {
			t.Errorf("%s: error %v, want a *ValueError of column a with %v", name, err, c.want)
		}
	}
	type number struct {
		A anything `db:",sql=float64"`
	}
	if _, _, err := pass(t, number{anything{math.NaN()}}); !errors.Is(err, schema.ErrNaN) {
		t.Errorf("error of a NaN is %v, want ErrNaN", err)
	}
	type graded struct {
		G grade `db:",sql=text"`
	}
	if _, _, err := pass(t, graded{-1}); !errors.Is(err, errGrade) {
		t.Errorf("error of Value is %v, want the type's own", err)
	}
	s, b := must[graded](t)
	r := newRow(s)
	r.cells[0] = "excellent"
	var got graded
	if err := b.Scan(reader{r}, &got); !errors.Is(err, errGrade) || !strings.Contains(err.Error(), `"excellent"`) {
		t.Errorf("error of Scan is %v, want the type's own, with the value", err)
	}
}

func TestPanicOfValueGoesThrough(t *testing.T) {
	type row struct {
		A anything `db:",sql=text"`
	}
	s, b := must[row](t)
	defer func() {
		if got := recover(); got != "the user's own" {
			t.Errorf("recovered %v, want the panic of Value", got)
		}
	}()
	err := b.Bind(newRow(s), &row{anything{"panic"}})
	t.Errorf("Bind returned %v, want a panic", err)
}

func TestByteArrays(t *testing.T) {
	type id [16]byte
	type row struct {
		ID   id `db:",key"`
		Hash [4]level8
		Ref  *[3]byte
		Null [2]byte `db:",null"`
	}
	want := row{ID: id{1, 2, 15: 255}, Hash: [4]level8{3: 9}, Ref: &[3]byte{7, 8, 9}, Null: [2]byte{1, 1}}
	got, cells, err := pass(t, want)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("row (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]any{want.ID[:], []byte{0, 0, 0, 9}, []byte{7, 8, 9}, []byte{1, 1}}, cells); diff != "" {
		t.Errorf("cells (-want +got):\n%s", diff)
	}
	s, b := must[row](t)
	r := newRow(s)
	copy(r.cells, cells)
	r.cells[3] = nil
	if err := b.Scan(reader{r}, &got); err != nil || got.Null != [2]byte{} {
		t.Errorf("NULL reads as %v, error %v, want zeros", got.Null, err)
	}
	for _, bad := range [][]byte{{}, make([]byte, 15), make([]byte, 17)} {
		r.cells[0] = bad
		err := b.Scan(reader{r}, &got)
		if !errors.Is(err, schema.ErrBlobLen) || !strings.Contains(err.Error(), `column "id"`) {
			t.Errorf("%d bytes: error %v, want ErrBlobLen for column id", len(bad), err)
		}
	}
	if r.cells[0] = nil; !errors.Is(b.Scan(reader{r}, &got), schema.ErrNull) {
		t.Error("NULL was read into an array without the option null")
	}
}

type level8 uint8

// TestStructsThatCannotBe: what no column can be says why, and what to write.
func TestStructsThatCannotBe(t *testing.T) {
	type Base struct{ Subject string }
	type hidden struct{ Subject string }
	type empty struct{ mu int } //nolint:unused // has no exported field on purpose
	for name, c := range map[string]struct {
		row  any
		want string // "" for a type that is a table
	}{
		"embedded pointer":             {struct{ *Base }{}, "use schema_test.Base itself, or tag it json"},
		"pointer to an unexported one": {struct{ *hidden }{}, "use schema_test.hidden itself"},
		"one without fields": {struct {
			*empty
			A int
		}{}, ""},
		"Value without a tag": {struct{ G grade }{}, "tag it sql= with one of bool, int64, float64, text, blob, time, or sql=kind"},
		"a pointer to it":     {struct{ G *money }{}, "schema_test.money has Value and Scan"},
		"a slice with Value":  {struct{ G tags }{}, "tag it sql="},
		"a struct, as its columns": {struct {
			G money `db:",sql=kind"`
		}{}, ""},
		"Value with json": {struct {
			G tags `db:",json"`
		}{}, ""},
		"both": {struct {
			G tags `db:",json,sql=text"`
		}{}, "does not go with json"},
		"no Value": {struct {
			G string `db:",sql=text"`
		}{}, "leave sql=text out"},
		"an unknown type": {struct {
			G grade `db:",sql=varchar"`
		}{}, "is one of bool, int64"},
		"nan": {struct {
			G grade `db:",sql=float64,nan=null"`
		}{}, "let Value return nil"},
		"batch": {struct {
			G grade `db:",sql=text,batch"`
		}{}, "use a string"},
		"unit": {struct {
			G grade `db:",sql=text,time=s"`
		}{}, "does not fit the column type text"},
		"no bytes": {struct{ A [0]byte }{}, "an array of 0 bytes"},
		"a default of another length": {struct {
			A [2]byte `db:",default=X'000102'"`
		}{}, "needs 2 bytes"},
		"a default": {struct {
			A [2]byte `db:",default=X'0001'"`
		}{}, ""},
		"two ways to be NULL": {struct {
			A **grade `db:",sql=text"`
		}{}, "leave sql=text out"},
		"sql.NullString": {struct {
			A *sql.NullString `db:",sql=text"`
		}{}, "use sql.Null[string]"},
	} {
		_, err := schema.OfType(reflect.TypeOf(c.row))
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
	}
}
