package sqlite

import (
	"runtime"
	"sync"

	"github.com/galley-db/galley/internal/pageimage"
	"github.com/galley-db/galley/internal/record"
	"github.com/galley-db/galley/internal/spill"
	"github.com/galley-db/galley/store"
)

// partRows is the number of rows from which on another goroutine is worth its
// while, and maxParts how many there are at the most.
const (
	partRows = 2048
	maxParts = 4
)

// imagePages is how many pages of a batch's images are in memory, 8 MiB. The others
// are in a temporary file.
const imagePages = 8 << 20 / pageimage.PageSize

// encodeImages lays all rows out as images, several at once where there are
// many rows and processors. It returns nil where a row is too large for one. If it
// returns none, nothing is left in the file.
func (p *plan) encodeImages(rows store.Rows, file *spill.File) ([]*pageimage.Image, error) {
	n := rows.Len()
	parts := max(1, min(runtime.GOMAXPROCS(0), n/partRows, maxParts))
	work := make([]part, parts)
	whole := false
	defer func() {
		if !whole {
			_ = file.Close()
		}
	}()
	var wg sync.WaitGroup
	defer wg.Wait() // also when code of the caller's panics here: no goroutine reads its rows any more
	for i := range work {
		w := &work[i]
		w.from, w.to = n*i/parts, n*(i+1)/parts
		w.file, w.keep = file, imagePages/parts
		if i == parts-1 {
			w.encode(p, rows) // the last on this goroutine
			break
		}
		wg.Add(1)
		go func() {
			defer wg.Done()
			w.run(p, rows)
		}()
	}
	wg.Wait()
	images := make([]*pageimage.Image, 0, parts)
	var err error
	whole = true
	for i := range work {
		w := &work[i]
		w.raise()
		if err == nil {
			err = w.err // of the first row that has one
		}
		whole = whole && w.image != nil
		images = append(images, w.image)
	}
	if whole = whole && err == nil; whole {
		return images, nil
	}
	for _, m := range images {
		if m != nil {
			m.Release()
		}
	}
	return nil, err
}

// part is some of a batch's rows, encoded by one goroutine.
type part struct {
	from, to int
	file     *spill.File
	keep     int              // pages in memory
	image    *pageimage.Image // nil if a row was too large, or bad
	err      error
	returned bool
	panicked any
}

// run encodes on a goroutine of its own, and keeps a panic or Goexit of the
// user's code for the caller's.
func (w *part) run(p *plan, rows store.Rows) {
	defer func() {
		if !w.returned {
			w.panicked = recover()
		}
	}()
	w.encode(p, rows)
	w.returned = true
}

// raise does on the caller's goroutine what the user's code did on another.
func (w *part) raise() {
	switch {
	case w.panicked != nil:
		panic(w.panicked)
	case !w.returned:
		runtime.Goexit()
	}
}

func (w *part) encode(p *plan, rows store.Rows) {
	b := p.builders.Get().(*pageimage.Builder)
	enc := p.encoders.Get().(*record.Encoder)
	rows = store.Fork(rows)
	b.Spill(w.file, w.keep)
	for i := w.from; i < w.to; i++ {
		w.err = p.encodeRow(enc, rows, i)
		if w.err != nil || !b.Add(enc) {
			b.Finish().Release()
			break
		}
	}
	if b.Rows() == w.to-w.from {
		w.image = b.Finish()
	}
	w.returned = true
	p.encoders.Put(enc)
	p.builders.Put(b)
}
