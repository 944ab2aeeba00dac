package formats

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/schema"
)

// someRows are rows of numbers and texts, of which each 100th is NULL and each 70th
// needs quotes.
func someRows(t *testing.T, rows int) *cells.Chunk {
	t.Helper()
	s, err := schema.New("t", []schema.Column{
		{Name: "a", Type: schema.Text, Nullable: true}, {Name: "n", Type: schema.Int64}, {Name: "f", Type: schema.Float64}, {Name: "b", Type: schema.Blob},
	})
	if err != nil {
		t.Fatal(err)
	}
	c := cells.New(s)
	for k := range rows {
		switch {
		case k%100 == 7:
			c.Cells[0].Null()
		case k%70 == 3:
			c.Cells[0].Text(fmt.Sprintf("quo\"te,\r\n%d", k))
		default:
			c.Cells[0].Text(fmt.Sprint("text ", k))
		}
		c.Cells[1].Int(int64(k) - 500)
		c.Cells[2].Float(math.Sqrt(float64(k)))
		c.Cells[3].Blob([]byte(fmt.Sprint(k * k)))
		c.Rows++
	}
	return c
}

// TestRowsAreWrittenAsInTurn compares the bytes with those of rows formatted one after
// the other.
func TestRowsAreWrittenAsInTurn(t *testing.T) {
	for _, rows := range []int{0, 1, partRows - 1, partRows, partRows + 1, 3*partRows + 5, 8192} {
		c := someRows(t, rows)
		for name, encoder := range map[string]func(out *bytes.Buffer) (*rowsWriter, error){
			"csv":  func(out *bytes.Buffer) (*rowsWriter, error) { return newCSVWriter(out, schemaOf(t)) },
			"json": func(out *bytes.Buffer) (*rowsWriter, error) { return newJSONWriter(out, schemaOf(t)), nil },
		} {
			var have, want bytes.Buffer
			rw, err := encoder(&have)
			if err != nil {
				t.Fatal(err)
			}
			want.Write(have.Bytes()) // the header
			rw.parts = make([]rowText, 5)
			if err := rw.Write(c); err != nil {
				t.Fatal(err)
			}
			var one rowText
			if one.add(c, 0, rows, rw.format); one.err != nil {
				t.Fatal(one.err)
			}
			want.Write(one.buf)
			if !bytes.Equal(have.Bytes(), want.Bytes()) {
				t.Errorf("%s: %d rows have %d bytes, and %d in turn", name, rows, have.Len(), want.Len())
			}
		}
	}
}

func schemaOf(t *testing.T) *schema.Schema {
	t.Helper()
	s, err := schema.New("t", someRows(t, 0).Columns)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestFirstBadRowIsReported: of two rows that cannot be written, in the parts of two
// goroutines, the error is that of the first.
func TestFirstBadRowIsReported(t *testing.T) {
	var out bytes.Buffer
	rw := newRowsWriter(&out, func(t *rowText, c *cells.Chunk, k int) error {
		if k == partRows+1 || k == 3*partRows {
			return fmt.Errorf("row %d", k)
		}
		t.buf = append(t.buf, '.')
		return nil
	})
	rw.parts = make([]rowText, 4)
	if err := rw.Write(someRows(t, 4*partRows)); err == nil || err.Error() != fmt.Sprint("row ", partRows+1) {
		t.Errorf("%v, want that of row %d", err, partRows+1)
	}
}

// TestLargeRowsAreWrittenInSteps: the text of a chunk of large values is not in memory
// as a whole.
func TestLargeRowsAreWrittenInSteps(t *testing.T) {
	s, err := schema.New("t", []schema.Column{{Name: "a", Type: schema.Text}, {Name: "b", Type: schema.Text}})
	if err != nil {
		t.Fatal(err)
	}
	c := cells.New(s)
	for ; c.Rows < 64; c.Rows++ {
		c.Cells[0].Text(strings.Repeat("x", stepBytes/8))
		c.Cells[1].Text("")
	}
	largest := 0
	rw, err := newCSVWriter(writer(func(b []byte) { largest = max(largest, len(b)) }), s)
	if err == nil {
		err = rw.Write(c)
	}
	if err != nil || largest > 2*stepBytes {
		t.Errorf("%d bytes at once, %v", largest, err)
	}
}

type writer func([]byte)

func (w writer) Write(b []byte) (int, error) { w(b); return len(b), nil }

// TestErrorsOfTheFileEndTheWriting returns the error of the file itself.
func TestErrorsOfTheFileEndTheWriting(t *testing.T) {
	full := errors.New("full")
	rw := newRowsWriter(fullFile{full}, csvRow)
	if err := rw.Write(someRows(t, 1000)); !errors.Is(err, full) {
		t.Errorf("%v, want the file's error", err)
	}
}

type fullFile struct{ err error }

func (f fullFile) Write([]byte) (int, error) { return 0, f.err }

// TestPanicsOfPartsAreTheCallers: a panic of any part of a work reaches the goroutine
// that waits for it, once all parts have ended.
func TestPanicsOfPartsAreTheCallers(t *testing.T) {
	for at := range 3 {
		var ended atomic.Int32
		func() {
			defer func() {
				if p := recover(); p != at {
					t.Errorf("the panic of part %d is %v", at, p)
				}
			}()
			together(3, func(i int) {
				ended.Add(1)
				if i == at {
					panic(i)
				}
			})
		}()
		if n := ended.Load(); n != 3 {
			t.Errorf("%d parts have run, want 3", n)
		}
	}
}
