package csvrow

import "github.com/galley-db/galley/internal/ahead"

// blockBytes is how many bytes of text a block has, and one record more.
const blockBytes = 1 << 20

// Batch is a block, and what the work made of it.
type Batch[T any] struct {
	Block
	Of T
}

// ReadAhead takes r over, until Stop has returned. Blocks have at most so many
// records. If first is set, the record that r has read is the first of them. work
// may be nil; it must not keep the batch.
func ReadAhead[T any](r *Reader, first bool, records int, work func(*Batch[T])) *ahead.Reader[Batch[T]] {
	fill := func(b *Batch[T]) (long bool, err error) {
		b.Reset()
		if first {
			b.Add(r, nil)
			first = false
		}
		err = r.Fill(&b.Block, records, blockBytes)
		return len(b.text) > 4*blockBytes, err
	}
	if work == nil {
		work = func(*Batch[T]) {}
	}
	return ahead.Read(fill, work)
}
