package formats

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/csvrow"
	"github.com/galley-db/galley/schema"
)

// events are what reading a file showed, in order: rows, bad rows, and the error.
type events []string

func (e *events) add(format string, args ...any) { *e = append(*e, fmt.Sprintf(format, args...)) }

// options record bad rows, and rows that were taken, up to an error of their own.
func (e *events) options(bad, taken bool, last int) TextOptions {
	count := 0
	stop := func() error {
		if count++; count > last {
			return errors.New("enough")
		}
		return nil
	}
	opts := TextOptions{Table: "t", Nulls: []string{"NA"}}
	if bad {
		opts.Bad = func(line int64, text []byte, err error) error {
			e.add("bad %d %q %v", line, text, err)
			return stop()
		}
	}
	if taken {
		opts.Taken = func(line int64, text func() []byte) error {
			e.add("taken %d %q", line, text())
			return stop()
		}
	}
	return opts
}

func (e *events) row(c *cells.Chunk, k int, line int64) {
	text := fmt.Sprintf("row %d", line)
	for i := range c.Cells {
		v := &c.Cells[i]
		if v.IsNull(k) {
			text += " NULL"
			continue
		}
		text += fmt.Sprintf(" %q", cells.AppendText(nil, &c.Columns[i], v, k))
	}
	*e = append(*e, text)
}

// inTurn reads record by record, on one goroutine.
func inTurn(text string, s *schema.Schema, opts TextOptions, e *events) error {
	r, err := newCSVReader(io.NopCloser(strings.NewReader(text)), s, opts)
	if err != nil {
		return err
	}
	c := cells.New(s)
	for {
		err := r.rows.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil && !errors.Is(err, csvrow.ErrQuote) {
			return err
		}
		var b csvrow.Block
		b.Add(r.rows, err)
		if err == nil {
			err = r.row(c, &b, 0)
		}
		if err != nil {
			if err := opts.Refuse(r.rows.Line(), r.rows.Text(), err); err != nil {
				return err
			}
			c.Reset()
			continue
		}
		if opts.Taken != nil {
			if err := opts.Taken(r.rows.Line(), r.rows.Text); err != nil {
				return err
			}
		}
		e.row(c, 0, r.rows.Line())
		c.Reset()
	}
}

// inParallel reads blocks of so many records.
func inParallel(text string, s *schema.Schema, opts TextOptions, records int, e *events) (err error) {
	r, err := newCSVReader(io.NopCloser(strings.NewReader(text)), s, opts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	c := cells.New(s)
	c.Room = records
	for {
		if err := r.Next(c); err != nil || c.Rows == 0 {
			return err
		}
		for k := range c.Rows {
			e.row(c, k, r.LineOf(k))
		}
	}
}

// TestParallelReadingIsReadingInTurn compares the rows, their lines, bad rows and the
// error at the end, on text with quotes, line ends of all kinds, and errors anywhere.
func TestParallelReadingIsReadingInTurn(t *testing.T) {
	s, err := schema.New("t", []schema.Column{
		{Name: "a", Type: schema.Text}, {Name: "n", Type: schema.Int64, Nullable: true}, {Name: "f", Type: schema.Float64},
	})
	if err != nil {
		t.Fatal(err)
	}
	row := rapid.SampledFrom([]string{
		"x,1,2.5", "\"two\nlines\",NA,1e3", "\"quo\"\"te\",,0.1", ",7,-1", "\"\",\"8\",9", "x,y,1", "x,1", "x,1,2,3", "\"open,1,2", "\"x\"y,1,2", "a\"b,3,4.5", "\xff,1,2", "NA,1,NA", "",
	})
	end := rapid.SampledFrom([]string{"\n", "\n", "\r\n", "\r"})
	rapid.Check(t, func(t *rapid.T) {
		var text strings.Builder
		text.WriteString("a,n,f" + end.Draw(t, "first end"))
		for range rapid.IntRange(0, 40).Draw(t, "rows") {
			text.WriteString(row.Draw(t, "row") + end.Draw(t, "end"))
		}
		bad, taken, last := rapid.Bool().Draw(t, "bad"), rapid.Bool().Draw(t, "taken"), rapid.IntRange(0, 60).Draw(t, "last")
		var want, have events
		wantErr := inTurn(text.String(), s, want.options(bad, taken, last), &want)
		haveErr := inParallel(text.String(), s, have.options(bad, taken, last), rapid.IntRange(1, 7).Draw(t, "records"), &have)
		if fmt.Sprint(wantErr) != fmt.Sprint(haveErr) {
			t.Fatalf("%q: %v, want %v", text.String(), haveErr, wantErr)
		}
		for _, kind := range []string{"row", "bad", "taken"} { // callbacks of a block come before its rows
			w, h := want.of(kind), have.of(kind)
			if wantErr != nil && kind == "row" {
				w = w[:min(len(w), len(h))] // rows of the block with the error are not handed on
			}
			if strings.Join(w, "\n") != strings.Join(h, "\n") {
				t.Fatalf("%q: %s:\n%s\nwant:\n%s", text.String(), kind, strings.Join(h, "\n"), strings.Join(w, "\n"))
			}
		}
	})
}

func (e events) of(kind string) (found []string) {
	for _, text := range e {
		if strings.HasPrefix(text, kind) {
			found = append(found, text)
		}
	}
	return found
}

// panicking is a decoder below that a damaged file breaks.
type panicking struct{}

func (panicking) Read([]byte) (int, error) { panic("broken") }

// TestCSVReaderDoesNotPanic: what breaks a decoder below is an error of the file.
func TestCSVReaderDoesNotPanic(t *testing.T) {
	s := schemaOf(t)
	d := must(CSV.TextDecoder(io.NopCloser(io.MultiReader(strings.NewReader("a,n,f,b\nx,1,2,\n"), panicking{})), s, TextOptions{}))
	defer d.Close()
	if err := d.Next(cells.New(s)); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "broken") {
		t.Errorf("%v, want %v", err, ErrFormat)
	}
}
