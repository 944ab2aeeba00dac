package pageimage

import (
	"errors"
	"slices"
	"testing"

	sqlite3 "github.com/ncruces/go-sqlite3"
	"pgregory.net/rapid"

	"github.com/galley-db/galley/internal/record"
	"github.com/galley-db/galley/schema"
)

// disk is a File that takes a number of pages, and fails to read any if it is broken.
type disk struct {
	pages  [][]byte
	room   int
	broken bool
}

var errBroken = errors.New("broken")

func (d *disk) Write(b []byte) (int64, error) {
	if len(d.pages) == d.room {
		return 0, errBroken
	}
	d.pages = append(d.pages, slices.Clone(b))
	return int64(len(d.pages) - 1), nil
}

func (d *disk) Read(b []byte, at int64) error {
	if d.broken {
		return errBroken
	}
	copy(b, d.pages[at])
	return nil
}

// TestImageInFile stores images whose pages are in a file, all of them or as many as
// the file takes, and compares the rows with bound ones.
func TestImageInFile(t *testing.T) {
	c, slot := openPair(t)
	spilled := 0
	rapid.Check(t, func(t *rapid.T) {
		slot.fanout = rapid.IntRange(3, 5).Draw(t, "fanout")
		s := drawSample(t, 8, 30)
		d := &disk{room: rapid.SampledFrom([]int{0, 1, 2, 5, 1000}).Draw(t, "room")}
		s.file, s.keep = d, rapid.IntRange(0, 3).Draw(t, "kept")
		part := rapid.IntRange(0, 10).Draw(t, "part")
		s.check(t, c, slot, part, part+3)
		spilled += len(d.pages)
	})
	if spilled == 0 && !testing.Short() { // a few random samples may all be small
		t.Error("no page was in a file")
	}
}

// narrow are rows that take a number of pages.
func narrow(t *testing.T, to File, keep, count int) *Image {
	t.Helper()
	columns := []schema.Column{{Name: "n", Type: schema.Int64}, {Name: "s", Type: schema.Text}}
	s := sample{columns: columns}
	b, err := NewBuilder("t", s.create("t"))
	if err != nil {
		t.Fatal(err)
	}
	b.Spill(to, keep)
	e := record.NewEncoder(columns, 0)
	text := "a text of some length, so that a page has few rows"
	for i := range count {
		e.Reset()
		write(e, []any{int64(i), text})
		if !b.Add(e) {
			t.Fatalf("row %d is refused", i)
		}
		if alive := b.image.Alive(); alive > keep+2 {
			t.Fatalf("%d pages are in memory at row %d, want %d and the one being filled", alive, i, keep)
		}
	}
	return b.Finish()
}

// TestFewPagesInMemory: an image that is written to a file has few pages in memory,
// however many rows it has.
func TestFewPagesInMemory(t *testing.T) {
	d := &disk{room: 1 << 20}
	m := narrow(t, d, 4, 60_000)
	if n := len(m.pages); n < 40 || len(d.pages) < n-6 {
		t.Errorf("%d of %d pages are in the file", len(d.pages), n)
	}
	m.Release()
}

// TestImageThatCannotBeRead: a page that cannot be read fails the statement, and Err
// returns why.
func TestImageThatCannotBeRead(t *testing.T) {
	c, slot := openPair(t)
	exec(t, c, sample{columns: []schema.Column{{Name: "n", Type: schema.Int64}, {Name: "s", Type: schema.Text}}}.create("t"))
	d := &disk{room: 1 << 20}
	m := narrow(t, d, 1, 10_000)
	for _, d.broken = range []bool{true, false} { // the image is served again
		if err := slot.Serve(m); err != nil {
			t.Fatal(err)
		}
		if err := Refresh(c, "batch"); err != nil {
			t.Fatal(err)
		}
		exec(t, c, `BEGIN IMMEDIATE`)
		err := c.Exec(`INSERT INTO main.t SELECT * FROM batch.t`)
		if !c.GetAutocommit() { // which the engine may have restored
			exec(t, c, `ROLLBACK`)
		}
		if d.broken != errors.Is(err, sqlite3.IOERR) || d.broken != errors.Is(slot.Err(), errBroken) {
			t.Errorf("broken: %t; the error is %v, and the reason %v", d.broken, err, slot.Err())
		}
	}
}
