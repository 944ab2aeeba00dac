package repack

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"
)

type row struct {
	ID   int64   `parquet:"id"`
	Text string  `parquet:"text,dict"`
	Note *string `parquet:"note,optional"`
}

func rows(n int) []row {
	all := make([]row, n)
	for i := range all {
		all[i] = row{ID: int64(i) * 7919 << 20, Text: fmt.Sprint("value ", i%17)}
		if i%3 == 0 {
			note := strings.Repeat("n", i%50)
			all[i].Note = &note
		}
	}
	return all
}

// written is a Parquet file of rows.
func written(t *testing.T, c compress.Codec, version int, all []row) []byte {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[row](&b, parquet.Compression(c), parquet.DataPageVersion(version), parquet.PageBufferSize(2000), parquet.CreatedBy("somebody", "1", "x"))
	for chunk := range slices.Chunk(all, 500) {
		if _, err := w.Write(chunk); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(t *testing.T, file []byte) []row {
	t.Helper()
	f, err := Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := parquet.Read[row](f, f.Size)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func sameRows(a, b []row) bool {
	return slices.EqualFunc(a, b, func(a, b row) bool {
		return a.ID == b.ID && a.Text == b.Text && (a.Note == nil) == (b.Note == nil) && (a.Note == nil || *a.Note == *b.Note)
	})
}

func TestEveryCodecReadsBack(t *testing.T) {
	want := rows(2000)
	for _, c := range []compress.Codec{&parquet.Lz4Raw, &parquet.Snappy, &parquet.Zstd, &parquet.Gzip, &parquet.Brotli, &parquet.Uncompressed} {
		for _, version := range []int{1, 2} {
			if have := read(t, written(t, c, version, want)); !sameRows(have, want) {
				t.Errorf("%v, pages of version %d: rows differ", c, version)
			}
		}
	}
}

// rewritten is a file whose pages were changed, with their headers.
func rewritten(t *testing.T, file []byte, codec format.CompressionCodec, change func(h *format.PageHeader, body []byte) []byte) []byte {
	t.Helper()
	in := bytes.NewReader(file)
	meta, end, err := footer(in, in.Size())
	if err != nil {
		t.Fatal(err)
	}
	out := bytes.NewBuffer([]byte(magic))
	for i := range meta.RowGroups {
		for k := range meta.RowGroups[i].Columns {
			m := &meta.RowGroups[i].Columns[k].MetaData
			p := &pages{in: in, pos: m.DataPageOffset, end: end, values: m.NumValues}
			if m.DictionaryPageOffset > 0 {
				p.pos = m.DictionaryPageOffset
			}
			start := int64(out.Len())
			m.DataPageOffset = 0
			for {
				h, body, err := p.next()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				body = change(h, body)
				h.CompressedPageSize, h.CRC = int32(len(body)), 0
				if h.Type == format.DictionaryPage {
					m.DictionaryPageOffset = int64(out.Len())
				} else if m.DataPageOffset == 0 {
					m.DataPageOffset = int64(out.Len())
				}
				text, err := thrift.Marshal(new(thrift.CompactProtocol), h)
				if err != nil {
					t.Fatal(err)
				}
				out.Write(text)
				out.Write(body)
			}
			m.TotalCompressedSize, m.Codec = int64(out.Len())-start, codec
		}
	}
	text, err := thrift.Marshal(new(thrift.CompactProtocol), meta)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(binary.LittleEndian.AppendUint32(text, uint32(len(text))))
	out.WriteString(magic)
	return out.Bytes()
}

func TestHadoopsFramingReadsBack(t *testing.T) {
	want := rows(1500)
	for _, size := range []int{300, 1 << 20} { // several blocks a page, and one
		file := rewritten(t, written(t, &parquet.Uncompressed, 1, want), format.Lz4, func(_ *format.PageHeader, body []byte) (packed []byte) {
			for block := range slices.Chunk(body, size) {
				b := make([]byte, lz4.CompressBlockBound(len(block)))
				n, err := (&lz4.Compressor{}).CompressBlock(block, b)
				if err != nil {
					t.Fatal(err)
				}
				packed = binary.BigEndian.AppendUint32(packed, uint32(len(block)))
				packed = binary.BigEndian.AppendUint32(packed, uint32(n))
				packed = append(packed, b[:n]...)
			}
			return packed
		})
		if have := read(t, file); !sameRows(have, want) {
			t.Errorf("blocks of %d bytes: rows differ", size)
		}
	}
}

// TestPagesOfNullsReadBack is about pages of version 2 that have nothing behind
// their levels, as Spark writes them.
func TestPagesOfNullsReadBack(t *testing.T) {
	want := make([]row, 900)
	for i := range want {
		want[i].ID = int64(i)
	}
	file := rewritten(t, written(t, &parquet.Snappy, 2, want), format.Snappy, func(h *format.PageHeader, body []byte) []byte {
		if v2 := h.DataPageHeaderV2; v2.Valid && v2.V.NumNulls == v2.V.NumValues {
			h.UncompressedPageSize = levels(h)
			return body[:levels(h)]
		}
		return body
	})
	if have := read(t, file); !sameRows(have, want) {
		t.Error("rows differ")
	}
}

func TestDamageIsAnError(t *testing.T) {
	file := written(t, &parquet.Lz4Raw, 2, rows(800))
	for _, n := range []int{0, 3, 11, 12, len(file) / 2, len(file) - 1} {
		if f, err := Open(bytes.NewReader(file[:n]), int64(n)); err == nil {
			f.Close()
			t.Errorf("the first %d bytes of %d are a file", n, len(file))
		}
	}
	failed := 0
	for i := 4; i < len(file)-8; i += 37 {
		bad := slices.Clone(file)
		bad[i] ^= 0x55
		f, err := Open(bytes.NewReader(bad), int64(len(bad)))
		if err != nil {
			failed++
			if !errors.Is(err, ErrParquet) && !errors.Is(err, ErrUnsupported) {
				t.Errorf("byte %d: %v", i, err)
			}
			continue
		}
		f.Close()
	}
	if failed == 0 {
		t.Error("no damage was noticed")
	}
}
