package transfer

import (
	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/schema"
)

// partFiller collects rows for a transaction, one at a time.
type partFiller struct {
	schema *schema.Schema
	part   *formats.Part
	chunk  *cells.Chunk // the last of part, which fills
}

func (f *partFiller) rows() int {
	if f.chunk == nil {
		return f.part.Rows
	}
	return f.part.Rows + f.chunk.Rows
}

// full reports whether there is enough for a transaction.
func (f *partFiller) full(rows int) bool { return f.rows() >= rows || f.part.Bytes >= batchBytes }

func (f *partFiller) add(from *cells.Chunk, row int) {
	if f.chunk == nil {
		f.chunk = f.part.Room(f.schema)
		f.chunk.Reset()
	}
	for k := range from.Cells {
		f.chunk.Cells[k].Copy(&from.Cells[k], row)
	}
	if f.chunk.Rows++; f.chunk.Full() {
		f.part.Add(f.chunk, nil)
		f.chunk = nil
	}
}

func (f *partFiller) finish() *formats.Part {
	if f.chunk != nil {
		f.part.Add(f.chunk, nil)
		f.chunk = nil
	}
	return f.part
}
