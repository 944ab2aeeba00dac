package formats

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/literal"
	"github.com/galley-db/galley/schema"
)

// TestRowsOfTheFooterAreThere: a file whose pages have more or fewer rows than its
// footer says is refused. Read to the end of its pages, it would lose rows in silence,
// or join the values of different rows.
func TestRowsOfTheFooterAreThere(t *testing.T) {
	var out bytes.Buffer
	pw := must(NewParquetWriter(&out, schemaOf(t), "long"))
	pw.group = 1000
	for range 2 {
		if err := pw.Write(someRows(t, 1000)); err != nil {
			t.Fatal(err)
		}
	}
	if err := pw.Close(); err != nil {
		t.Fatal(err)
	}
	file := out.Bytes()
	for _, more := range []int64{0, 1, -1, 500} {
		for _, galleys := range []bool{true, false} {
			changed := withFooter(t, file, func(meta *format.FileMetaData) {
				meta.NumRows += more
				meta.RowGroups[0].NumRows += more
				if !galleys {
					meta.KeyValueMetadata = nil
				}
			})
			r, err := NewParquetReader(bytes.NewReader(changed), int64(len(changed)), func() error { return nil })
			if err != nil {
				t.Fatal(err)
			}
			rows, c := 0, cells.New(r.Schema())
			for {
				if err = r.Next(c); err != nil || c.Rows == 0 {
					break
				}
				rows += c.Rows
			}
			if more == 0 && (err != nil || rows != 2000) || more != 0 && !errors.Is(err, ErrFormat) {
				t.Errorf("%d rows more in the footer: %d rows, %v", more, rows, err)
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestUnitsOfAChangedFile: a program that keeps galley's metadata and writes times in
// another unit, as pyarrow can, changes no time: the unit is that of the file.
func TestUnitsOfAChangedFile(t *testing.T) {
	at := func(unit schema.TimeUnit, n int64) []byte {
		s := must(schema.New("t", []schema.Column{{Name: "at", Type: schema.Time, Unit: unit}}))
		c := cells.New(s)
		c.Cells[0].Int(n)
		c.Rows = 1
		var out bytes.Buffer
		pw := must(NewParquetWriter(&out, s, "long"))
		if err := errors.Join(pw.Write(c), pw.Close()); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	read := func(file []byte) (*schema.Column, int64, error) {
		r, err := NewParquetReader(bytes.NewReader(file), int64(len(file)), func() error { return nil })
		if err != nil {
			return nil, 0, err
		}
		defer r.Close()
		c := cells.New(r.Schema())
		if err := r.Next(c); err != nil || c.Rows != 1 {
			return nil, 0, err
		}
		return &c.Columns[0], c.Cells[0].Ints[0], nil
	}
	for _, unit := range []schema.TimeUnit{schema.Nanos, schema.Seconds} {
		file := withFooter(t, at(schema.Micros, 1_500_000), func(meta *format.FileMetaData) {
			for i := range meta.KeyValueMetadata {
				pair := &meta.KeyValueMetadata[i]
				pair.Value = strings.ReplaceAll(pair.Value, "time us", "time "+unit.String())
			}
		})
		if c, n, err := read(file); err != nil || c.Unit != schema.Micros || n != 1_500_000 {
			t.Errorf("microseconds called %v: %v %d, %v", unit, c, n, err)
		}
	}
	// Parquet has no seconds: galley writes them as milliseconds.
	file := withFooter(t, at(schema.Millis, 1500), func(meta *format.FileMetaData) {
		for i := range meta.KeyValueMetadata {
			pair := &meta.KeyValueMetadata[i]
			pair.Value = strings.ReplaceAll(pair.Value, "time ms", "time s")
		}
	})
	if c, n, err := read(file); !errors.Is(err, literal.ErrInexact) {
		t.Errorf("half a second in a column of seconds: %v %d, %v", c, n, err)
	}
	if c, n, err := read(at(schema.Seconds, -7)); err != nil || c.Unit != schema.Seconds || n != -7 {
		t.Errorf("seconds: %v %d, %v", c, n, err)
	}
}

// TestVectorsOfAChangedFile: so it is with the width of a vector's elements.
func TestVectorsOfAChangedFile(t *testing.T) {
	s := must(schema.New("t", []schema.Column{{Name: "v", Type: schema.Vector32}}))
	c := cells.New(s)
	c.Cells[0].Blob(make([]byte, 12))
	c.Rows = 1
	var out bytes.Buffer
	pw := must(NewParquetWriter(&out, s, "long"))
	if err := errors.Join(pw.Write(c), pw.Close()); err != nil {
		t.Fatal(err)
	}
	file := withFooter(t, out.Bytes(), func(meta *format.FileMetaData) {
		for i := range meta.KeyValueMetadata {
			pair := &meta.KeyValueMetadata[i]
			pair.Value = strings.ReplaceAll(pair.Value, "vector32", "vector64")
		}
	})
	r := must(NewParquetReader(bytes.NewReader(file), int64(len(file)), func() error { return nil }))
	defer r.Close()
	if col := r.Schema().Columns()[0]; col.Type != schema.Vector32 {
		t.Errorf("the column is %v, want that of the file", col.Type)
	}
}

// withFooter is a file with another footer.
func withFooter(t *testing.T, file []byte, change func(*format.FileMetaData)) []byte {
	t.Helper()
	end := len(file) - 8
	start := end - int(binary.LittleEndian.Uint32(file[end:]))
	meta := new(format.FileMetaData)
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), file[start:end], meta); err != nil {
		t.Fatal(err)
	}
	change(meta)
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), meta)
	if err != nil {
		t.Fatal(err)
	}
	changed := append(bytes.Clone(file[:start]), footer...)
	return append(binary.LittleEndian.AppendUint32(changed, uint32(len(footer))), "PAR1"...)
}
