package pageimage

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"testing"
	"unicode/utf8"

	"github.com/galley-db/galley/schema"
)

// source hands out the bytes of a fuzz input; where it ends, they are zero.
type source struct{ b []byte }

func (s *source) take(n int) []byte {
	n = min(n, len(s.b))
	b := s.b[:n]
	s.b = s.b[n:]
	return b
}

func (s *source) byte() byte {
	if len(s.b) == 0 {
		return 0
	}
	return s.take(1)[0]
}

// number is one of 1 to 8 bytes.
func (s *source) number() int64 {
	var b [8]byte
	copy(b[:], s.take(1+int(s.byte())%8))
	return int64(binary.LittleEndian.Uint64(b[:])) >> (s.byte() % 64)
}

// long is some bytes of the input, now and then so many times that they
// overflow a page.
func (s *source) long() []byte {
	n := int(s.byte())
	b := s.take(n % 64)
	if n >= 240 && len(b) > 0 {
		b = bytes.Repeat(b, 1+int(s.byte())*256/len(b))
	}
	return b
}

func (s *source) value(c schema.Column) any {
	if c.Nullable && s.byte()%4 == 0 {
		return nil
	}
	switch c.Type {
	case schema.Bool:
		return s.byte()%2 == 1
	case schema.Int64:
		return s.number()
	case schema.Float64:
		f := math.Float64frombits(uint64(s.number()))
		if f != f {
			return reals[int(s.byte())%len(reals)]
		}
		return f
	case schema.Text:
		b := bytes.ReplaceAll(s.long(), []byte{0}, []byte("0"))
		if !utf8.Valid(b) {
			b = bytes.ToValidUTF8(b, []byte("é"))
		}
		return string(b)
	}
	return bytes.Clone(s.long())
}

func (s *source) sample() sample {
	types := []schema.Type{schema.Int64, schema.Bool, schema.Float64, schema.Text, schema.Blob}
	var out sample
	for i := range 1 + s.byte()%12 {
		b := int(s.byte())
		out.columns = append(out.columns, schema.Column{Name: fmt.Sprint("c", i), Type: types[b%len(types)], Nullable: b >= 128})
	}
	for range s.byte() % 32 {
		row := make([]any, len(out.columns))
		for i, c := range out.columns {
			row[i] = s.value(c)
		}
		out.rows = append(out.rows, row)
	}
	return out
}

// FuzzImage makes a table and rows of the input, and holds that both paths
// leave the same behind.
func FuzzImage(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x03\x00\x41\x82\x83\x1fsome bytes that become values \x00\xff\x80 of all kinds"))
	f.Add(bytes.Repeat([]byte{7, 200, 3, 255, 90}, 60))
	f.Add(bytes.Repeat([]byte{253, 11, 4, 250, 131, 0, 'a'}, 90))
	c, slot := openPair(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		s := source{data}
		slot.fanout = 3 + int(s.byte())%3
		s.sample().check(t, c, slot, int(s.byte())%8)
	})
}
