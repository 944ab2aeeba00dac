package repack

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// runsOf encodes bits as other writers do: a run of what they begin with, whatever
// its length, and behind it packed bits and runs.
func runsOf(bits []byte) []byte {
	at := func(i int) byte { return bits[i/8] >> (i % 8) & 1 }
	n, i := 8*len(bits), 0
	var out []byte
	for i < n {
		from := i
		for i < n && at(i) == at(from) {
			i++
		}
		out = binary.AppendUvarint(out, uint64(i-from)<<1)
		out = append(out, at(from))
		if i+8 > n {
			continue
		}
		out = append(binary.AppendUvarint(out, 1<<1|1), 0)
		for k := range 8 {
			out[len(out)-1] |= at(i+k) << k
		}
		i += 8
	}
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(out))), out...)
}

// wantRuns holds that booleans in runs are read as they were written.
func wantRuns[T any](t *testing.T, name string, version int, l leafLevels, rows []T) {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[T](&b, parquet.DataPageVersion(version), parquet.PageBufferSize(64), parquet.CreatedBy("somebody", "1", "x"))
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	changed := 0
	file := rewritten(t, b.Bytes(), format.Uncompressed, func(h *format.PageHeader, body []byte) []byte {
		before := 0
		switch {
		case h.DataPageHeaderV2.Valid:
			before = int(levels(h))
			h.DataPageHeaderV2.V.Encoding = format.RLE
		default:
			for _, there := range []bool{l.repeated, l.defined} {
				if there {
					n, err := prefixed(body[before:])
					if err != nil {
						t.Fatal(err)
					}
					before += n
				}
			}
			h.DataPageHeader.V.Encoding = format.RLE
		}
		changed++
		if len(body) == before {
			return body
		}
		body = append(body[:before:before], runsOf(body[before:])...)
		h.UncompressedPageSize = int32(len(body))
		return body
	})
	f, err := Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatalf("%s, pages of version %d: %v", name, version, err)
	}
	defer f.Close()
	got, err := parquet.Read[T](f, f.Size)
	if err != nil || !reflect.DeepEqual(got, rows) || changed < 2 {
		t.Errorf("%s, pages of version %d (%d): rows differ, %v", name, version, changed, err)
	}
}

// TestRunsOfBooleansReadBack: booleans in the run-length encoding, which parquet-mr
// and Arrow write into pages of version 2, are read as they are.
func TestRunsOfBooleansReadBack(t *testing.T) {
	type required struct{ B bool }
	type optional struct {
		B *bool `parquet:",optional"`
	}
	type list struct{ B []bool }
	r := rand.New(rand.NewPCG(1, 2))
	value := func(i int) bool { return i%600 < 300 || r.IntN(4) == 0 } // long runs, and none
	var a []required
	var b []optional
	var c []list
	for i := range 3000 {
		v := value(i)
		a = append(a, required{v})
		o := optional{&v}
		if i%7 == 0 || i > 2000 && i < 2700 { // and pages of NULL alone
			o.B = nil
		}
		b = append(b, o)
		l := list{}
		for k := range i % 4 {
			l.B = append(l.B, value(i+k))
		}
		if l.B == nil {
			l.B = []bool{}
		}
		c = append(c, l)
	}
	for _, version := range []int{1, 2} {
		wantRuns(t, "required", version, leafLevels{}, a)
		wantRuns(t, "optional", version, leafLevels{defined: true}, b)
		wantRuns(t, "list", version, leafLevels{repeated: true, defined: true}, c)
	}
}

func TestDamagedRunsAreAnError(t *testing.T) {
	for _, b := range [][]byte{{}, {9, 0, 0, 0}, {1, 0, 0, 0, 0x80}, {1, 0, 0, 0, 4}, {2, 0, 0, 0, 9, 1}} {
		if bits, err := decodeRuns(b, 0, 20); err == nil {
			t.Errorf("%v: %v, want an error", b, bits)
		}
	}
}

// TestRunsThatEndEarly: a value that the runs do not have is not false.
func TestRunsThatEndEarly(t *testing.T) {
	b := []byte{2, 0, 0, 0, 9 << 1, 1} // nine times true
	if bits, err := decodeRuns(b, 9, 100); err != nil || !bytes.Equal(bits, []byte{0xff, 1}) {
		t.Errorf("%v, %v; want nine values", bits, err)
	}
	if bits, err := decodeRuns(b, 10, 100); err == nil {
		t.Errorf("%v, want an error", bits)
	}
}
