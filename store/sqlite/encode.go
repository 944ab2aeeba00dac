package sqlite

import (
	"errors"
	"fmt"
	"sync"

	"github.com/galley-db/galley/internal/pageimage"
	"github.com/galley-db/galley/internal/record"
	"github.com/galley-db/galley/internal/spill"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// encoded is a batch in SQLite's record format: validated, and independent
// of the caller's rows. Encoding happens on the caller's goroutine before it
// queues for the lock, so code of the user (MarshalText, a generated Binder)
// never runs under the lock, and workers encode in parallel.
type encoded struct {
	plan    *plan
	rows    int
	images  []*pageimage.Image // all rows in order, or none and
	file    *spill.File        // of pages of images
	records []byte             // one after the other
	ends    []int              // of each record in records
	rejects []reject           // rows that cannot be stored, of a batch with Quarantine
}

// record returns the i-th record.
func (e *encoded) record(i int) []byte {
	return e.records[e.start(i):e.ends[i]]
}

// start is where the i-th record begins.
func (e *encoded) start(i int) int {
	if i == 0 {
		return 0
	}
	return e.ends[i-1]
}

var encodeds = sync.Pool{New: func() any { return new(encoded) }}

// The engine has 256 MiB for a connection, and holds a row several times while it
// writes it. A batch is held by galley.
const (
	maxRow   = 64<<20 + 64<<10 // a value of the largest Options.MaxValue, and some more
	maxBatch = 1 << 30
)

// keepBytes is the largest buffer that is kept for the next batch.
const keepBytes = 4 << 20

// release gives the buffers of e back for reuse.
func (e *encoded) release() {
	for _, m := range e.images {
		m.Release()
	}
	if e.file != nil {
		_ = e.file.Close()
	}
	if cap(e.records) > keepBytes {
		return
	}
	*e = encoded{records: e.records[:0], ends: e.ends[:0]}
	encodeds.Put(e)
}

// encode validates rows and lays them out: many as images where the table
// may have them, else as records. A row that cannot be stored is a *RowError,
// or quarantined where the batch has Quarantine, or one of a *SiftError where it
// has Sift.
func (p *plan) encode(b *store.Batch) (*encoded, error) {
	return p.layOut(b, p.images && !b.Quarantine && !b.RemovesRows() && b.Mode == schema.Append)
}

// beside is encode for the nth batch of several tables in one transaction, which
// has no more slots for images than maxSlots.
func (p *plan) beside(b *store.Batch, n int) (*encoded, error) {
	return p.layOut(b, p.images && n < maxSlots)
}

// layOut is encode with a say in whether there may be images.
func (p *plan) layOut(b *store.Batch, images bool) (*encoded, error) {
	rows := b.KeyedRows()
	e := encodeds.Get().(*encoded)
	e.plan = p
	n := rows.Len()
	if raw, ok := b.Rows.(record.Source); ok && !b.Quarantine && p.take(e, raw.Records(), images) {
		return e, nil
	}
	if images && n >= p.imagesFrom() {
		file := &spill.File{Dir: p.temp}
		images, err := p.encodeImages(rows, file)
		if images != nil || err != nil && !b.Sift {
			e.images, e.rows, e.file = images, n, file
			return e, err
		}
	}
	rows = store.Fork(rows)
	var refused []*store.RowError
	enc := p.encoders.Get().(*record.Encoder)
	defer p.encoders.Put(enc)
	for i := range n {
		err := p.encodeRow(enc, rows, i)
		var row *store.RowError
		if b.Quarantine && errors.As(err, &row) {
			rejected, err := p.rejectRow(rows, i, err)
			if err != nil {
				return nil, err
			}
			e.rejects = append(e.rejects, rejected)
			continue
		}
		if err == nil {
			err = e.append(enc, i)
		}
		if b.Sift && errors.As(err, &row) {
			refused = append(refused, row)
			continue
		}
		if err != nil {
			return nil, err
		}
	}
	if len(refused) > 0 {
		return nil, &store.SiftError{Table: p.schema.Name(), Rows: refused}
	}
	e.rows = len(e.ends)
	return e, nil
}

// append adds the row in enc, which is row i.
func (e *encoded) append(enc *record.Encoder, i int) error {
	before := len(e.records)
	e.records = enc.AppendTo(e.records)
	if size := len(e.records) - before; size > maxRow {
		e.records = e.records[:before]
		return e.plan.rowError(i, fmt.Errorf("%w: the row has %d bytes, at most %d are allowed", store.ErrTooLarge, size, maxRow))
	}
	if len(e.records) > maxBatch {
		return fmt.Errorf("table %q: %w: its batch has more than %d bytes at row %d; store it in several", e.plan.schema.Name(), store.ErrTooLarge, maxBatch, i)
	}
	e.ends = append(e.ends, len(e.records))
	return nil
}

// take lays out rows that are encoded already. It reports false where a value may
// be larger than the limit, or than an image takes: those rows are encoded again.
func (p *plan) take(e *encoded, recs record.Records, images bool) bool {
	for _, rec := range recs {
		if len(rec) > p.maxValue {
			return false
		}
	}
	e.rows = len(recs)
	if images && len(recs) >= p.imagesFrom() {
		b := p.builders.Get().(*pageimage.Builder)
		defer p.builders.Put(b)
		for _, rec := range recs {
			if !b.AddRecord(rec) {
				b.Finish().Release()
				return false
			}
		}
		e.images = []*pageimage.Image{b.Finish()}
		return true
	}
	for _, rec := range recs {
		e.records = append(e.records, rec...)
		e.ends = append(e.ends, len(e.records))
	}
	return true
}

// encodeRow leaves row i in enc, or says why it cannot be stored.
func (p *plan) encodeRow(enc *record.Encoder, rows store.Rows, i int) error {
	enc.Reset()
	err := rows.Bind(i, enc)
	if err == nil {
		err = enc.Err()
	}
	if errors.Is(err, store.ErrUnread) {
		return fmt.Errorf("table %q: %w", p.schema.Name(), err)
	}
	if err != nil {
		return p.rowError(i, err)
	}
	return nil
}

// rowError says that row i could not be stored because of err.
func (p *plan) rowError(i int, err error) *store.RowError {
	if errors.Is(err, record.ErrTooLarge) {
		err = store.TooLarge(err)
	}
	return store.NewRowError(p.schema.Name(), i, err)
}
