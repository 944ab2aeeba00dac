package formats

import (
	"bytes"
	"errors"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/schema"
)

// TestParquetIsTheSameOnAnyNumberOfCores compares the bytes of files written by one
// goroutine and by several, with more than one row group.
func TestParquetIsTheSameOnAnyNumberOfCores(t *testing.T) {
	c := someRows(t, 5000)
	write := func(goroutines int) []byte {
		var out bytes.Buffer
		pw, err := NewParquetWriter(&out, schemaOf(t), "long")
		if err != nil {
			t.Fatal(err)
		}
		pw.values, pw.group = make([][]parquet.Value, goroutines), 2*c.Rows
		for range 5 {
			if err := pw.Write(c); err != nil {
				t.Fatal(err)
			}
		}
		if err := pw.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	want := write(1)
	for _, n := range []int{2, 3, 4} {
		if !bytes.Equal(write(n), want) {
			t.Errorf("the file of %d goroutines is another one", n)
		}
	}
	read := must(NewParquetReader(bytes.NewReader(want), int64(len(want)), func() error { return nil }))
	defer read.Close()
	if n := len(read.File.RowGroups()); n != 3 || read.Count() != 25_000 {
		t.Errorf("%d row groups, %d rows", n, read.Count())
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestFirstBadColumnIsReported: of two columns with a time out of Parquet's range, the
// error names the first.
func TestFirstBadColumnIsReported(t *testing.T) {
	s, err := schema.New("t", []schema.Column{{Name: "n", Type: schema.Int64},
		{Name: "first", Type: schema.Time, Unit: schema.Seconds}, {Name: "second", Type: schema.Time, Unit: schema.Seconds}})
	if err != nil {
		t.Fatal(err)
	}
	c := cells.New(s)
	for i := range c.Cells {
		c.Cells[i].Int(1 << 62)
	}
	c.Rows = 1
	pw := must(NewParquetWriter(&bytes.Buffer{}, s, "long"))
	pw.values = make([][]parquet.Value, 3)
	var wrong *schema.ValueError
	if err := pw.Write(c); !errors.As(err, &wrong) || wrong.Column != "first" {
		t.Errorf("%v, want a ValueError of the column first", err)
	}
}
