package record

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestVarints(t *testing.T) {
	for _, c := range []struct {
		v    uint64
		want []byte
	}{
		{0, []byte{0}},
		{0x7f, []byte{0x7f}},
		{0x80, []byte{0x81, 0}},
		{0x3fff, []byte{0xff, 0x7f}},
		{0x4000, []byte{0x81, 0x80, 0}},
		{1<<56 - 1, []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}},
		{1 << 56, []byte{0x80, 0xc0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0}},
		{math.MaxUint64, bytes.Repeat([]byte{0xff}, 9)},
	} {
		got := AppendVarint(nil, c.v)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%#x (-want +got):\n%s", c.v, diff)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Uint64().Draw(t, "v") >> rapid.IntRange(0, 63).Draw(t, "shift")
		b := AppendVarint(nil, v)
		got, n := Varint(append(b, 0xff))
		if got != v || n != len(b) || n != VarintLen(v) {
			t.Fatalf("%#x reads as %#x, %d bytes of %d, %d expected", v, got, n, len(b), VarintLen(v))
		}
		if _, n := Varint(b[:len(b)-1]); n != 0 {
			t.Fatalf("%#x cut short reads as %d bytes", v, n)
		}
	})
}

func TestMalformedRecords(t *testing.T) {
	for name, b := range map[string][]byte{
		"empty":               {},
		"header of nothing":   {0},
		"header cut short":    {3, 0},
		"length cut short":    {0x80},
		"length too small":    {0x80, 0x01, 0},
		"serial cut short":    {2, 0x80},
		"reserved 10":         {2, 10},
		"reserved 11":         {2, 11, 0},
		"value cut short":     {2, 2, 0},
		"text cut short":      {2, 15},
		"text of 2^62 bytes":  {10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		"bytes after the end": {2, 8, 0},
	} {
		if cells, err := Parse(b, nil); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v, error %v", name, cells, err)
		} else if strings.HasPrefix(name, "reserved") != strings.Contains(err.Error(), "reserved") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if cells, err := Parse([]byte{1}, nil); err != nil || len(cells) != 0 {
		t.Errorf("a record of no columns: %v, error %v", cells, err)
	}
}

// FuzzParse holds that what Parse takes is all of the record, that every
// accessor of every cell can be called, and that it takes what it is made of.
func FuzzParse(f *testing.F) {
	f.Add([]byte{2, 10})
	f.Add([]byte{4, 1, 7, 15, 5, 0, 0, 0, 0, 0, 0, 0, 0, 'x'})
	f.Add([]byte{0x81, 0x00, 12, 13})
	f.Fuzz(func(t *testing.T, b []byte) {
		cells, err := Parse(b, nil)
		if err != nil {
			return
		}
		var header, body []byte
		for _, c := range cells {
			header = AppendVarint(header, c.Serial)
			body = append(body, c.Data...)
			if c.Kind() >= Text != (c.Bytes() != nil) || !c.Equal(c) || Cell.Int64(c) != 0 && c.Kind() != Integer {
				t.Errorf("cell %v contradicts itself", c)
			}
			_ = c.Float64()
		}
		size := len(header) + 1
		if size >= 0x80 {
			size++
		}
		if size >= 1<<14 {
			return
		}
		again, err := Parse(append(append(AppendVarint(nil, uint64(size)), header...), body...), nil)
		if diff := cmp.Diff(cells, again); err != nil || diff != "" {
			t.Errorf("%v (-first +again):\n%s", err, diff)
		}
	})
}
