package formats

import (
	"errors"
	"math"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// drawChunk adds rows of each form, with and without NULLs.
func drawChunk(t *rapid.T, c *cells.Chunk) {
	c.Reset()
	c.Rows = rapid.IntRange(1, 40).Draw(t, "rows")
	nulls := rapid.SliceOfN(rapid.Bool(), c.Rows*len(c.Cells), -1).Draw(t, "nulls")
	some := rapid.Bool().Draw(t, "some")
	for i := range c.Cells {
		v := &c.Cells[i]
		for k := range c.Rows {
			switch {
			case some && nulls[i*c.Rows+k]:
				v.Null()
			case v.Form == cells.AsInt:
				v.Int(rapid.Int64Range(-5, 5).Draw(t, "int"))
			case v.Form == cells.AsFloat:
				v.Float(rapid.OneOf(rapid.Float64(), rapid.Just(math.NaN())).Draw(t, "float"))
			default:
				v.Text(rapid.StringN(0, 12, -1).Draw(t, "text"))
			}
		}
	}
}

var mixed = []schema.Column{
	{Name: "n", Type: schema.Int64, Nullable: true}, {Name: "f", Type: schema.Float64, Nullable: true, NaNNull: true},
	{Name: "s", Type: schema.Text, Nullable: true}, {Name: "b", Type: schema.Blob, Nullable: true},
}

// lined is a decoder of which only the lines are asked for.
type lined struct {
	Decoder
	first int64
}

func (l lined) LineOf(k int) int64 { return l.first + int64(3*k) }

// rowOf is row i as a chunk of its own has it.
func rowOf(t interface{ Fatal(...any) }, s *schema.Schema, rows store.Rows, i int) uint64 {
	var w rowWriter
	w.chunk = cells.New(s)
	if err := rows.Bind(i, &w); err != nil {
		t.Fatal(err)
	}
	return (&cells.Bag{}).Row(w.chunk, 0)
}

// rowWriter puts a row into a chunk.
type rowWriter struct {
	schema.Writer
	chunk *cells.Chunk
}

func (w *rowWriter) Null(i int)               { w.chunk.Cells[i].Null() }
func (w *rowWriter) Int64(i int, v int64)     { w.chunk.Cells[i].Int(v) }
func (w *rowWriter) Float64(i int, v float64) { w.chunk.Cells[i].Float(v) }
func (w *rowWriter) Text(i int, v string)     { w.chunk.Cells[i].Text(v) }
func (w *rowWriter) Blob(i int, v []byte)     { w.chunk.Cells[i].Blob(v) }

// TestPartInFile compares parts that are in memory with the same parts in a temporary
// file, whole or from some chunk on: rows, lines, and rows that several goroutines
// read. The memory is used again.
func TestPartInFile(t *testing.T) {
	s, err := schema.New("t", mixed)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		whole, part := &Part{}, &Part{KeepBytes: rapid.SampledFrom([]int{1, 2000, 1 << 20}).Draw(t, "kept")}
		defer part.Close()
		for range 2 {
			line := int64(1)
			for range rapid.IntRange(1, 6).Draw(t, "chunks") {
				c := whole.Room(s)
				drawChunk(t, c)
				same := part.Room(s)
				same.Reset()
				for i := range same.Cells {
					same.Cells[i].Take(&c.Cells[i])
				}
				same.Rows = c.Rows
				whole.Add(c, lined{first: line})
				part.Add(same, lined{first: line})
				line += int64(5 * c.Rows)
			}
			if part.Rows != whole.Rows || part.Bytes != whole.Bytes || part.Kept() > part.KeepBytes {
				t.Fatalf("%d rows of %d bytes, %d in memory; want %d of %d, at most %d in memory", part.Rows, part.Bytes, part.Kept(), whole.Rows, whole.Bytes, part.KeepBytes)
			}
			a, b := part.Fork(), part.Fork()
			for range 3 * part.Rows { // in any order
				i := rapid.IntRange(0, part.Rows-1).Draw(t, "row")
				want := rowOf(t, s, whole, i)
				for _, rows := range []store.Rows{part, a, b} {
					if got := rowOf(t, s, rows, i); got != want {
						t.Fatalf("row %d differs", i)
					}
				}
				wantLine, _ := whole.Line(i)
				if line, ok := part.Line(i); !ok || line != wantLine {
					t.Fatalf("row %d is of line %d (%t), want %d", i, line, ok, wantLine)
				}
			}
			whole.Reset()
			part.Reset()
		}
	})
}

// filled is a part of so many chunks of 100 rows.
func filled(t *testing.T, p *Part, chunks int) {
	t.Helper()
	s, err := schema.New("t", mixed[:1])
	if err != nil {
		t.Fatal(err)
	}
	for n := range chunks {
		c := p.Room(s)
		c.Reset()
		for k := range 100 {
			c.Cells[0].Int(int64(100*n + k))
		}
		c.Rows = 100
		p.Add(c, nil)
	}
}

// TestPartKeepsFewChunks: a part that keeps some of its values in memory keeps no more
// chunks, however many it has.
func TestPartKeepsFewChunks(t *testing.T) {
	p := &Part{KeepBytes: 3 * 800}
	defer p.Close()
	filled(t, p, 500)
	alive := 0
	for _, c := range p.Chunks {
		if c != nil {
			alive++
		}
	}
	if alive != 3 || p.Rows != 50_000 {
		t.Errorf("%d of 500 chunks are in memory, want 3; %d rows", alive, p.Rows)
	}
}

// TestPartWithoutTemporaryFile: rows that no temporary file takes stay in
// memory.
func TestPartWithoutTemporaryFile(t *testing.T) {
	p := &Part{KeepBytes: 1}
	defer p.Close()
	p.file.Dir = filepath.Join(t.TempDir(), "missing")
	filled(t, p, 3)
	for i := range p.Len() {
		var b bound
		if err := p.Bind(i, &b); err != nil || b.n != int64(i) {
			t.Fatalf("row %d is %d, %v", i, b.n, err)
		}
	}
}

// TestPartUnread: rows whose temporary file cannot be read return ErrUnread.
func TestPartUnread(t *testing.T) {
	p := &Part{KeepBytes: 1}
	filled(t, p, 3)
	fork := p.Fork()
	if err := p.file.Close(); err != nil {
		t.Fatal(err)
	}
	var got []bool
	for _, rows := range []store.Rows{p, fork} {
		got = append(got, errors.Is(rows.Bind(250, &bound{}), store.ErrUnread))
	}
	if diff := cmp.Diff([]bool{true, true}, got); diff != "" {
		t.Errorf("the error is ErrUnread (-want +got):\n%s", diff)
	}
}
