package record

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/galley-db/galley/schema"
)

// one encodes a row of one column and takes it apart again.
func one(t *testing.T, c schema.Column, write func(schema.Writer)) (Cell, error) {
	t.Helper()
	e := NewEncoder([]schema.Column{c}, 100)
	e.Reset()
	write(e)
	if err := e.Err(); err != nil {
		if e.Complete() {
			t.Errorf("complete in spite of %v", err)
		}
		return Cell{}, err
	}
	record := e.AppendTo([]byte("before"))[len("before"):]
	if len(record) != e.Size() || !e.Complete() {
		t.Errorf("size = %d for %d bytes, complete %v", e.Size(), len(record), e.Complete())
	}
	cells, err := Parse(record, nil)
	if err != nil || len(cells) != 1 {
		t.Fatalf("parse: %v, %d cells", err, len(cells))
	}
	return cells[0], nil
}

func TestIntegerSizes(t *testing.T) {
	type stored struct {
		Serial uint64
		Length int
		Value  int64
	}
	for serial, edges := range map[uint64][]int64{
		1: {-1, 2, math.MaxInt8, math.MinInt8},
		2: {math.MaxInt8 + 1, math.MinInt8 - 1, math.MaxInt16, math.MinInt16},
		3: {math.MaxInt16 + 1, math.MinInt16 - 1, 1<<23 - 1, -1 << 23},
		4: {1 << 23, -1<<23 - 1, math.MaxInt32, math.MinInt32},
		5: {math.MaxInt32 + 1, math.MinInt32 - 1, 1<<47 - 1, -1 << 47},
		6: {1 << 47, -1<<47 - 1, math.MaxInt64, math.MinInt64},
		8: {0},
		9: {1},
	} {
		for _, v := range edges {
			cell, err := one(t, schema.Column{Type: schema.Int64}, func(w schema.Writer) { w.Int64(0, v) })
			want := stored{serial, int(sizes[serial]), v}
			got := stored{cell.Serial, len(cell.Data), cell.Int64()}
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%d: %v (-want +got):\n%s", v, err, diff)
			}
			if cell.Kind() != Integer || cell.Float64() != float64(v) || cell.Bytes() != nil {
				t.Errorf("%d: kind %d, float %v, bytes %v", v, cell.Kind(), cell.Float64(), cell.Bytes())
			}
		}
	}
}

func TestValuesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i := rapid.Int64().Draw(t, "int")
		f := rapid.Float64().Draw(t, "real")
		s := strings.ReplaceAll(rapid.String().Draw(t, "text"), "\x00", "")
		b := rapid.SliceOf(rapid.Byte()).Draw(t, "blob")
		n := rapid.IntRange(1, 90).Draw(t, "copies")
		var columns []schema.Column
		for range n {
			columns = append(columns, schema.Column{Type: schema.Int64}, schema.Column{Type: schema.Float64},
				schema.Column{Type: schema.Text}, schema.Column{Type: schema.Blob}, schema.Column{Type: schema.Bool, Nullable: true})
		}
		e := NewEncoder(columns, 0)
		e.Reset()
		for k := 0; k < len(columns); k += 5 {
			e.Int64(k, i)
			e.Float64(k+1, f)
			e.Text(k+2, s)
			e.Blob(k+3, b)
			e.Null(k + 4)
		}
		if err := e.Err(); err != nil {
			t.Fatal(err)
		}
		record := e.AppendTo(nil)
		if len(record) != e.Size() {
			t.Fatalf("size = %d for %d bytes", e.Size(), len(record))
		}
		cells, err := Parse(record, make([]Cell, 3))
		if err != nil || len(cells) != len(columns) {
			t.Fatalf("parse: %v, %d cells", err, len(cells))
		}
		for k := 0; k < len(columns); k += 5 {
			c := cells[k:]
			if c[0].Int64() != i || c[1].Float64() != f || string(c[2].Bytes()) != s || string(c[3].Bytes()) != string(b) || c[4].Kind() != Null {
				t.Fatalf("columns from %d read back unequal: %v", k, c[:5])
			}
			if c[0].Kind() != Integer || c[1].Kind() != Real || c[2].Kind() != Text || c[3].Kind() != Blob {
				t.Fatalf("columns from %d read back as other kinds: %v", k, c[:5])
			}
			if !c[2].Equal(cells[2]) || c[2].Equal(c[3]) || c[2].Equal(c[4]) {
				t.Fatalf("Equal does not tell columns from %d", k)
			}
		}
	})
}

func TestSpecialValues(t *testing.T) {
	instant := time.Date(2024, 5, 6, 7, 8, 9, 123456789, time.UTC)
	for name, c := range map[string]struct {
		column schema.Column
		write  func(schema.Writer)
		want   Cell
	}{
		"negative zero": {schema.Column{Type: schema.Float64}, func(w schema.Writer) { w.Float64(0, math.Copysign(0, -1)) }, Cell{7, make([]byte, 8)}},
		"NaN as NULL":   {schema.Column{Type: schema.Float32, NaNNull: true}, func(w schema.Writer) { w.Float64(0, math.NaN()) }, Cell{0, []byte{}}},
		"infinity":      {schema.Column{Type: schema.Float64}, func(w schema.Writer) { w.Float64(0, math.Inf(-1)) }, Cell{7, []byte{0xff, 0xf0, 0, 0, 0, 0, 0, 0}}},
		"nil blob":      {schema.Column{Type: schema.Vector32}, func(w schema.Writer) { w.Blob(0, nil) }, Cell{12, []byte{}}},
		"empty text":    {schema.Column{Type: schema.JSON}, func(w schema.Writer) { w.Text(0, "") }, Cell{13, []byte{}}},
		"true":          {schema.Column{Type: schema.Bool}, func(w schema.Writer) { w.Bool(0, true) }, Cell{9, []byte{}}},
		"seconds":       {schema.Column{Type: schema.Time, Unit: schema.Seconds}, func(w schema.Writer) { w.Time(0, time.Unix(-2, 0)) }, Cell{1, []byte{0xfe}}},
		"rfc3339":       {schema.Column{Type: schema.Time, Unit: schema.RFC3339}, func(w schema.Writer) { w.Time(0, instant) }, Cell{13 + 2*30, []byte("2024-05-06T07:08:09.123456789Z")}},
		"uint text":     {schema.Column{Type: schema.Uint64, Uint: schema.UintText}, func(w schema.Writer) { w.Text(0, "00018446744073709551") }, Cell{53, []byte("00018446744073709551")}},
		"uint blob":     {schema.Column{Type: schema.Uint64, Uint: schema.UintBlob}, func(w schema.Writer) { w.Blob(0, []byte{255}) }, Cell{14, []byte{255}}},
		"uint":          {schema.Column{Type: schema.Uint64}, func(w schema.Writer) { w.Int64(0, 3) }, Cell{1, []byte{3}}},
	} {
		got, err := one(t, c.column, c.write)
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

func TestRefusedValues(t *testing.T) {
	nan := math.NaN()
	for name, c := range map[string]struct {
		column schema.Column
		write  func(schema.Writer)
		want   error
	}{
		"NaN":             {schema.Column{Type: schema.Float64}, func(w schema.Writer) { w.Float64(0, nan) }, schema.ErrNaN},
		"NaN in nullable": {schema.Column{Type: schema.Float64, Nullable: true}, func(w schema.Writer) { w.Float64(0, nan) }, schema.ErrNaN},
		"NULL":            {schema.Column{Type: schema.Float64}, func(w schema.Writer) { w.Null(0) }, schema.ErrNull},
		"invalid UTF-8":   {schema.Column{Type: schema.Text}, func(w schema.Writer) { w.Text(0, "0123456789\xff") }, schema.ErrText},
		"NUL":             {schema.Column{Type: schema.Text}, func(w schema.Writer) { w.Text(0, "a\x00b") }, schema.ErrText},
		"NUL in JSON":     {schema.Column{Type: schema.JSON}, func(w schema.Writer) { w.Text(0, "\x00") }, schema.ErrText},
		"long text":       {schema.Column{Type: schema.Text}, func(w schema.Writer) { w.Text(0, strings.Repeat("a", 101)) }, ErrTooLarge},
		"long blob":       {schema.Column{Type: schema.Blob}, func(w schema.Writer) { w.Blob(0, make([]byte, 101)) }, ErrTooLarge},
		"far time":        {schema.Column{Type: schema.Time, Unit: schema.Nanos}, func(w schema.Writer) { w.Time(0, time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC)) }, schema.ErrTimeRange},
		"far time text":   {schema.Column{Type: schema.Time, Unit: schema.RFC3339}, func(w schema.Writer) { w.Time(0, time.Date(30000, 1, 1, 0, 0, 0, 0, time.UTC)) }, schema.ErrTimeRange},
	} {
		c.column.Name = "v"
		_, err := one(t, c.column, c.write)
		var value *schema.ValueError
		if !errors.Is(err, c.want) || !errors.As(err, &value) || value.Column != "v" {
			t.Errorf("%s: %#v, want %v", name, err, c.want)
		}
	}
}

func TestFirstErrorIsKept(t *testing.T) {
	e := NewEncoder([]schema.Column{{Name: "a", Type: schema.Text}, {Name: "b", Type: schema.Text}}, 1)
	e.Reset()
	e.Text(0, "\x00")
	e.Text(1, "too long")
	var value *schema.ValueError
	if err := e.Err(); !errors.As(err, &value) || value.Column != "a" {
		t.Errorf("error = %v, want that of a", err)
	}
	e.Reset()
	e.Text(0, "x")
	e.Text(1, "y")
	if err := e.Err(); err != nil {
		t.Errorf("error = %v in the next row", err)
	}
}

func TestBrokenBinders(t *testing.T) {
	columns := []schema.Column{{Name: "a", Type: schema.Int64}, {Name: "b", Type: schema.Text}}
	for name, write := range map[string]func(schema.Writer){
		"nothing":      func(w schema.Writer) {},
		"too few":      func(w schema.Writer) { w.Int64(0, 1) },
		"too many":     func(w schema.Writer) { w.Int64(0, 1); w.Text(1, ""); w.Int64(2, 1) },
		"null at end":  func(w schema.Writer) { w.Int64(0, 1); w.Text(1, ""); w.Null(2) },
		"twice":        func(w schema.Writer) { w.Int64(0, 1); w.Int64(0, 1); w.Text(1, "") },
		"out of order": func(w schema.Writer) { w.Text(1, ""); w.Int64(0, 1) },
		"null out":     func(w schema.Writer) { w.Null(1); w.Int64(0, 1) },
		"negative":     func(w schema.Writer) { w.Bool(-1, true) },
		"other kind":   func(w schema.Writer) { w.Text(0, "1"); w.Text(1, "") },
		"other kinds":  func(w schema.Writer) { w.Float64(0, 1); w.Blob(1, nil) },
		"no time":      func(w schema.Writer) { w.Time(0, time.Time{}); w.Text(1, "") },
	} {
		e := NewEncoder(columns, 0)
		e.Reset()
		write(e)
		if err := e.Err(); !errors.Is(err, ErrBinder) || e.Complete() {
			t.Errorf("%s: error = %v, want %v", name, err, ErrBinder)
		}
	}
	// The largest integer would be rounded by a column of reals.
	if _, err := one(t, schema.Column{Name: "x", Type: schema.Float64}, func(w schema.Writer) { w.Int64(0, math.MaxInt64) }); !errors.Is(err, ErrBinder) {
		t.Errorf("an integer for a real: error = %v, want %v", err, ErrBinder)
	}
}

func TestEncoderDoesNotAllocate(t *testing.T) {
	e := NewEncoder(features, 0)
	dst := make([]byte, 0, 200)
	if n := testing.AllocsPerRun(100, func() {
		e.Reset()
		writeFeature(e, 7)
		dst = e.AppendTo(dst[:0])
	}); n != 0 {
		t.Errorf("%v allocations a row", n)
	}
}

func TestResetGivesLargeRowsBack(t *testing.T) {
	e := NewEncoder([]schema.Column{{Type: schema.Blob}}, 0)
	e.Blob(0, make([]byte, 2*keep))
	if e.Reset(); cap(e.body) > keep {
		t.Errorf("keeps %d bytes", cap(e.body))
	}
}

func TestPlain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.ByteRange(1, 127), 0, 40).Draw(t, "bytes")
		if !plain(string(b)) {
			t.Fatalf("%q is not plain", b)
		}
		if len(b) > 0 {
			at := rapid.IntRange(0, len(b)-1).Draw(t, "at")
			b[at] = rapid.SampledFrom([]byte{0, 128, 129, 200, 255}).Draw(t, "bad")
			if plain(string(b)) {
				t.Fatalf("%q is plain", b)
			}
		}
	})
}
