package formats

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/schema"
)

// drawParquet is a file of a few columns and row groups, sometimes with a changed byte.
func drawParquet(t *rapid.T) (*schema.Schema, []byte) {
	columns := append([]schema.Column(nil), mixed...)
	for i := range rapid.IntRange(0, 4).Draw(t, "more") {
		columns = append(columns, schema.Column{Name: fmt.Sprint("v", i), Type: schema.Vector32, Nullable: true})
	}
	s := must(schema.New("t", columns))
	var out bytes.Buffer
	w := must(NewParquetWriter(&out, s, ""))
	w.group = rapid.SampledFrom([]int{10, 1 << 20}).Draw(t, "group")
	for range rapid.IntRange(1, 3).Draw(t, "chunks") {
		c := cells.New(s)
		few := *c
		few.Cells = c.Cells[:len(mixed)]
		drawChunk(t, &few)
		for c.Rows = 0; c.Rows < few.Rows; c.Rows++ {
			for i := len(mixed); i < len(columns); i++ {
				c.Cells[i].Blob(make([]byte, 4*(c.Rows%3)))
			}
		}
		for range 12 { // so that columns are read at once
			if err := w.Write(c); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	file := out.Bytes()
	end := len(file)
	switch rapid.IntRange(0, 3).Draw(t, "damaged") {
	case 0: // the footer, or a page
	case 1, 2: // a page
		end -= 8 + int(binary.LittleEndian.Uint32(file[end-8:]))
	default:
		return s, file
	}
	file[rapid.IntRange(4, end-1).Draw(t, "at")] ^= byte(rapid.IntRange(1, 255).Draw(t, "bits"))
	return s, file
}

// shown is what reading a file into a table with a number of goroutines shows.
func shown(file []byte, table *schema.Schema, cores int, taken bool) (e events) {
	r, err := NewParquetReader(bytes.NewReader(file), int64(len(file)), func() error { return nil })
	if err != nil {
		return events{err.Error()}
	}
	r.cores = cores
	opts := e.options(true, taken, math.MaxInt)
	d, err := Convert(r, table, opts)
	if err != nil {
		_ = r.Close()
		return events{err.Error()}
	}
	defer d.Close()
	c := cells.New(table)
	for {
		if err := d.Next(c); err != nil {
			e.add("error: %v", err)
			return e
		}
		if c.Rows == 0 {
			return e
		}
		for k := range c.Rows {
			e.row(c, k, d.(Liner).LineOf(k))
		}
	}
}

// sorted puts rows behind refused rows and the error, because chunks may end elsewhere.
// Where reading ends with an error, the rows before it are not stored, and left out.
func sorted(e events) (all events) {
	var rows events
	failed := false
	for _, line := range e {
		switch {
		case strings.HasPrefix(line, "row "):
			rows = append(rows, line)
		case !strings.HasPrefix(line, "taken "):
			all = append(all, line)
			failed = failed || !strings.HasPrefix(line, "bad ")
		}
	}
	if failed {
		return all
	}
	return append(all, rows...)
}

// TestParquetColumnsAtOnce compares what one goroutine reads of a file, row by row, with
// what several read, column by column: rows, lines, refused rows and errors, also of
// damaged files.
func TestParquetColumnsAtOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, file := drawParquet(t)
		columns := append([]schema.Column(nil), s.Columns()...)
		if rapid.Bool().Draw(t, "strict") {
			i := rapid.IntRange(0, len(columns)-1).Draw(t, "column")
			columns[i].Nullable, columns[i].NaNNull = false, false
		}
		if rapid.Bool().Draw(t, "narrow") {
			columns[0].Type = schema.Int8
		}
		table := must(schema.New("t", columns))
		want := sorted(shown(file, table, 1, true)) // one by one, because they are asked for
		for _, cores := range []int{1, 2, 4} {
			got := sorted(shown(file, table, cores, false))
			if len(got) != len(want) {
				t.Fatalf("%d goroutines show %d rows and errors, want %d", cores, len(got), len(want))
			}
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("%d goroutines show %.200s, want %.200s", cores, got[i], want[i])
				}
			}
		}
	})
}

// breaking reads a column that fails, or panics, behind some values.
type breaking struct{ err error }

func (b breaking) read(v *cells.Cells, rows int) error {
	for v.Len() < min(rows, 3000) {
		v.Null()
	}
	if rows <= 3000 {
		return nil
	}
	if b.err == nil {
		panic("broken")
	}
	return b.err
}

func (breaking) end() {}

// TestFirstColumnThatFails: of several columns that cannot be read, the error names the
// first, however many are read at once. A panic of one is an error of the file.
func TestFirstColumnThatFails(t *testing.T) {
	s := must(schema.New("t", mixed))
	first, second := errors.New("first"), errors.New("second")
	for _, cores := range []int{1, 4} {
		for what, c := range map[string]struct {
			columns []columnReader
			want    error
		}{
			"two errors":      {[]columnReader{&nothing{8000}, breaking{first}, breaking{second}, &nothing{8000}}, first},
			"an error, panic": {[]columnReader{&nothing{8000}, &nothing{8000}, breaking{first}, breaking{}}, first},
			"panic, an error": {[]columnReader{&nothing{8000}, &nothing{8000}, breaking{}, breaking{first}}, ErrFormat},
		} {
			chunk := cells.New(s)
			r := &ParquetReader{table: s, columns: c.columns, cores: cores}
			if err := r.Next(chunk); !errors.Is(err, c.want) {
				t.Errorf("%s, %d goroutines: %v, want %v", what, cores, err, c.want)
			}
		}
	}
}
