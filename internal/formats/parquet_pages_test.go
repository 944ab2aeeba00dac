package formats

import (
	"bytes"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
)

// TestPagesOfLargeValues: rows of large values go into pages of a few rows, so no
// page is too long for its header, and no value is lost or changed.
func TestPagesOfLargeValues(t *testing.T) {
	testtime.Seconds(t)
	s, err := schema.New("t", []schema.Column{{Name: "n", Type: schema.Int64}, {Name: "b", Type: schema.Blob}})
	if err != nil {
		t.Fatal(err)
	}
	const rows, size = 12, 5 << 20
	c := cells.New(s)
	value := func(i int) []byte { return bytes.Repeat([]byte{byte(i + 1)}, size) }
	for i := range rows {
		c.Cells[0].Ints = append(c.Cells[0].Ints, int64(i))
		c.Cells[1].Blob(value(i))
		c.Rows++
	}
	var out bytes.Buffer
	w, err := NewParquetWriter(&out, s, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(c); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	// No value is in the file once more, as a bound.
	if most := rows*size + 1<<20; out.Len() > most {
		t.Errorf("the file has %d bytes, want at most %d", out.Len(), most)
	}
	for _, group := range f.Metadata().RowGroups {
		if bound := group.Columns[1].MetaData.Statistics.MaxValue; len(bound) > 0 {
			t.Errorf("a bound has %d bytes", len(bound))
		}
	}
	pages := f.RowGroups()[0].ColumnChunks()[1].Pages()
	defer pages.Close()
	n, seen := 0, 0
	for {
		page, err := pages.ReadPage()
		if err != nil {
			break
		}
		n++
		values := make([]parquet.Value, page.NumValues())
		if k, _ := page.Values().ReadValues(values); k > 4 {
			t.Errorf("page %d has %d values of %d bytes, want at most 4", n, k, size)
		}
		for _, v := range values {
			if !bytes.Equal(v.ByteArray(), value(seen)) {
				t.Errorf("value %d differs", seen)
			}
			seen++
		}
		parquet.Release(page)
	}
	if n < 3 || seen != rows {
		t.Errorf("%d pages with %d values, want 3 or more with %d", n, seen, rows)
	}
}
