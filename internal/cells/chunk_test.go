package cells

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/schema"
)

func mixed(t *testing.T) *schema.Schema {
	t.Helper()
	s, err := schema.New("t", []schema.Column{
		{Name: "n", Type: schema.Int64, Nullable: true}, {Name: "b", Type: schema.Blob, Nullable: true}, {Name: "j", Type: schema.JSON},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A chunk is full after so many rows, or so many bytes of values.
func TestChunkOfLargeValues(t *testing.T) {
	c := New(mixed(t))
	large := make([]byte, 5<<18)
	for !c.Full() {
		c.Cells[0].Null()
		c.Cells[1].Blob(large)
		c.Cells[2].Blob([]byte("{}"))
		c.Rows++
	}
	if c.Rows != 4 {
		t.Errorf("%d rows of %d bytes fill a chunk, want 4", c.Rows, len(large))
	}
	if c.Reset(); c.Full() {
		t.Error("an empty chunk is full")
	}
}

// The sums of columns depend on the rows and their order, and not on how they are
// divided into chunks.
func TestDigestOfAnyDivision(t *testing.T) {
	s := mixed(t)
	sums := func(first, each int, change func(c *Chunk, row int)) []string {
		d, c := NewDigest(3), New(s)
		r := rand.New(rand.NewPCG(1, 2))
		for row := range 100 {
			if r.IntN(3) == 0 {
				c.Cells[0].Null()
			} else {
				c.Cells[0].Int(r.Int64())
			}
			if r.IntN(3) == 0 {
				c.Cells[1].Null()
			} else {
				c.Cells[1].Blob(bytes.Repeat([]byte{byte(row)}, r.IntN(4)))
			}
			c.Cells[2].Blob([]byte(`{"a": 1}`))
			if c.Rows++; change != nil {
				change(c, row)
			}
			if row >= first && (row-first)%each == 0 {
				d.Add(c)
				c.Reset()
			}
		}
		d.Add(c)
		return d.Sums()
	}
	want := sums(99, 1, nil)
	for _, division := range [][2]int{{0, 1}, {3, 7}, {50, 50}, {98, 2}} {
		if diff := cmp.Diff(want, sums(division[0], division[1], nil)); diff != "" {
			t.Errorf("first %d rows, then %d at a time (-want +got):\n%s", division[0], division[1], diff)
		}
	}
	for name, change := range map[string]func(c *Chunk, row int){
		"another length": func(c *Chunk, row int) {
			if v := &c.Cells[1]; row == 60 && c.Rows > 1 {
				v.Ends[c.Rows-2]--
			}
		},
		"NULL elsewhere": func(c *Chunk, row int) {
			if v := &c.Cells[0]; row == 60 && len(v.Nulls) > 1 {
				v.Nulls[0], v.Nulls[1] = !v.Nulls[0], !v.Nulls[1]
			}
		},
	} {
		if got := sums(99, 1, change); cmp.Equal(want, got) {
			t.Errorf("%s: the sums are the same", name)
		}
	}
}
