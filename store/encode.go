package store

import (
	"errors"
	"fmt"
	"sync"
	"unicode/utf8"

	"github.com/galley-db/galley/internal/pageimage"
	"github.com/galley-db/galley/internal/record"
	"github.com/galley-db/galley/schema"
)

// encoded is a batch in SQLite's record format: validated, and independent
// of the caller's rows. Encoding happens on the caller's goroutine before it
// queues for the lock, so that code of the user's (MarshalText, a generated
// Binder) never runs under it, and workers encode in parallel.
type encoded struct {
	plan    *plan
	rows    int
	image   *pageimage.Image // all rows, or nil and
	records []byte           // one after the other
	ends    []int            // of each record in records
}

// record returns the i-th record.
func (e *encoded) record(i int) []byte {
	start := 0
	if i > 0 {
		start = e.ends[i-1]
	}
	return e.records[start:e.ends[i]]
}

var encodeds = sync.Pool{New: func() any { return new(encoded) }}

// keepBytes is the largest buffer that is kept for the next batch.
const keepBytes = 4 << 20

// release gives the buffers of e back for reuse.
func (e *encoded) release() {
	if e.image != nil {
		e.image.Release()
	}
	if cap(e.records) > keepBytes {
		return
	}
	*e = encoded{records: e.records[:0], ends: e.ends[:0]}
	encodeds.Put(e)
}

// encode validates rows and lays them out: many as an image where the table
// may have one, else as records. A row that cannot be stored is a *RowError.
func (p *plan) encode(rows Rows) (*encoded, error) {
	e := encodeds.Get().(*encoded)
	e.plan, e.rows = p, rows.Len()
	enc := p.encoders.Get().(*record.Encoder)
	defer p.encoders.Put(enc)
	if p.images && e.rows >= imageRows {
		whole, err := p.encodeImage(e, enc, rows)
		if whole || err != nil {
			return e, err
		}
	}
	for i := range e.rows {
		if err := p.encodeRow(enc, rows, i); err != nil {
			return nil, err
		}
		e.records = enc.AppendTo(e.records)
		e.ends = append(e.ends, len(e.records))
	}
	return e, nil
}

// encodeImage lays all rows out as an image. It reports false where a row is
// too large for one.
func (p *plan) encodeImage(e *encoded, enc *record.Encoder, rows Rows) (bool, error) {
	b := p.builders.Get().(*pageimage.Builder)
	defer p.builders.Put(b)
	for i := range e.rows {
		err := p.encodeRow(enc, rows, i)
		if err != nil || !b.Add(enc) {
			b.Finish().Release()
			return false, err
		}
	}
	e.image = b.Finish()
	return true, nil
}

// encodeRow leaves row i in enc, or says why it cannot be stored.
func (p *plan) encodeRow(enc *record.Encoder, rows Rows, i int) error {
	enc.Reset()
	err := rows.Bind(i, enc)
	if err == nil {
		err = enc.Err()
	}
	if err != nil {
		return p.rowError(i, err)
	}
	return nil
}

// rowError says that row i could not be stored because of err.
func (p *plan) rowError(i int, err error) *RowError {
	if errors.Is(err, record.ErrTooLarge) {
		err = fmt.Errorf("%w: %w", ErrTooLarge, err)
	}
	re := &RowError{Table: p.schema.Name(), Row: i, Err: err}
	var value *schema.ValueError
	if errors.As(err, &value) {
		re.Column, re.Value = value.Column, value.Value
	}
	return re
}

// maxKey is the longest batch key in bytes.
const maxKey = 1024

// checkKey returns ErrKey for what cannot be a batch's key.
func checkKey(key string) error {
	switch {
	case len(key) > maxKey:
		return fmt.Errorf("%w: %d bytes long, at most %d are allowed", ErrKey, len(key), maxKey)
	case !utf8.ValidString(key):
		return fmt.Errorf("%w: %q is not UTF-8", ErrKey, key)
	}
	for i := range len(key) {
		if key[i] == 0 {
			return fmt.Errorf("%w: %q has a NUL in it", ErrKey, key)
		}
	}
	return nil
}
