package transfer

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/internal/ownkey"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// rows copies the rows and returns the sum of them.
func (c *copying) rows(ctx context.Context, s *schema.Schema, t *CopiedTable, total int64) (uint64, error) {
	if c.byBatch(s) {
		return c.batches(ctx, s, t, total)
	}
	// A batch's key would take the place of what the batch column has.
	into, err := schema.New(s.Name(), withoutBatch(s.Columns()))
	if err != nil {
		return 0, err
	}
	numbered, err := c.numbered(ctx, s.Name(), ownkey.Copy)
	if err != nil {
		return 0, err
	}
	var sum, content cells.Bag
	room := max(c.opts.BatchRows/cells.RowsOf(len(s.Columns())), 1)
	send := c.sender(ctx, 1)
	p := send.part()
	flush := func() error {
		if p.Rows == 0 {
			return nil
		}
		sum.Sum += content.Sum
		err := numbered.send(send, into, content.Sum, p)
		content.Sum = 0
		p = send.part()
		return err
	}
	err = cells.TableStream(c.from, store.Select{Schema: s}).Each(ctx, func(ch *cells.Chunk) error {
		content.Add(ch)
		t.Rows += int64(ch.Rows)
		c.progress(CopyProgress{Table: s.Name(), Step: "copy", Rows: t.Rows, Total: total})
		own := p.Room(into)
		own.Reset()
		for i := range ch.Cells {
			own.Cells[i].Take(&ch.Cells[i])
		}
		own.Rows = ch.Rows
		if p.Add(own, nil); len(p.Chunks) >= room || p.Bytes >= batchBytes {
			return flush()
		}
		return nil
	})
	if err == nil {
		err = flush()
	}
	return sum.Sum, send.finish(t, err)
}

// batchBytes is how many bytes of values go into a transaction, and one chunk more.
const batchBytes = 64 << 20

// numbered gives batches of a copy's own their keys, in their order.
type numbered struct {
	kind    ownkey.Kind
	n       int
	earlier map[int]string // keys that earlier attempts have stored, by their numbers
}

// numbered begins with the first batch.
func (c *copying) numbered(ctx context.Context, table string, kind ownkey.Kind) (*numbered, error) {
	b := &numbered{kind: kind, earlier: map[int]string{}}
	for stored, err := range c.to.Batches(ctx, store.BatchFilter{Table: table, Prefix: kind.Prefix()}) {
		if err != nil {
			return nil, err
		}
		if ownkey.Of(stored.Key) == kind {
			b.earlier[ownkey.Number(stored.Key)] = stored.Key
		}
	}
	return b, nil
}

// send stores the next batch, once.
func (b *numbered) send(to *sender, s *schema.Schema, content uint64, p *formats.Part) error {
	key, stored, err := b.next(s, content)
	if stored || err != nil {
		to.give(p)
		return err
	}
	return to.send(s, key, p)
}

// next returns the key of the next batch, and reports whether an earlier attempt
// has stored it. The key says what is in the batch, so that no batch of another
// source is taken for it.
func (b *numbered) next(s *schema.Schema, content uint64) (key string, stored bool, err error) {
	b.n++
	key = ownkey.Numbered(b.kind, b.n, content)
	switch b.earlier[b.n] {
	case key:
		return key, true, nil
	case "":
		return key, false, nil
	}
	return "", false, &CopyError{Table: s.Name(), Reason: fmt.Sprintf("batch %d was copied with other rows by an earlier attempt: "+
		"go on with the same number of rows in a batch; if the source has changed, copy into another database", b.n)}
}

func withoutBatch(columns []schema.Column) []schema.Column {
	columns = slices.Clone(columns)
	for i := range columns {
		columns[i].Batch = false
	}
	return columns
}

// insert stores a batch once, and returns the number of rows stored.
func (c *copying) insert(ctx context.Context, s *schema.Schema, key string, rows store.Rows) (int64, error) {
	return c.store(ctx, &store.Batch{Schema: s, Rows: rows, Key: key})
}

func (c *copying) store(ctx context.Context, b *store.Batch) (int64, error) {
	res, err := store.InsertRetry(ctx, c.to, b, c.opts.Retrier.Do)
	return res.Inserted, err
}

// ledgerAtOnce bounds the ledger rows of one transaction.
const ledgerAtOnce = 1000

// ledger carries the ledger over, in its order: without a batch column it is what
// says which rows are of which key.
func (c *copying) ledger(ctx context.Context, s *schema.Schema, t *CopiedTable) error {
	into, err := schema.New(s.Name(), withoutBatch(s.Columns()))
	if err != nil {
		return err
	}
	var part []store.StoredBatch
	for b, err := range c.from.Batches(ctx, store.BatchFilter{Table: s.Name(), Internal: true}) {
		if err != nil {
			return err
		}
		if kind := ownkey.Of(b.Key); kind == ownkey.Copy || kind == ownkey.Rejected {
			continue // of an earlier copy, into the source
		}
		t.Batches++
		if part = append(part, b); len(part) == ledgerAtOnce {
			if err := c.carry(ctx, into, part); err != nil {
				return err
			}
			part = part[:0]
		}
	}
	return c.carry(ctx, into, part)
}

// carry stores those of a part of the ledger that the destination lacks.
func (c *copying) carry(ctx context.Context, into *schema.Schema, part []store.StoredBatch) error {
	for len(part) > 0 {
		keys := make([]string, len(part))
		for i, b := range part {
			keys[i] = b.Key
		}
		held := map[string]bool{}
		for b, err := range c.to.Batches(ctx, store.BatchFilter{Table: into.Name(), Keys: keys, Internal: true}) {
			if err != nil {
				return err
			}
			held[b.Key] = true
		}
		lacking := slices.DeleteFunc(slices.Clone(part), func(b store.StoredBatch) bool { return held[b.Key] })
		if len(lacking) == 0 {
			return nil
		}
		err := c.enter(ctx, into, lacking)
		if errors.Is(err, store.ErrKeyStored) { // by another copy, meanwhile
			continue
		}
		return err
	}
	return nil
}

// enter stores rows of the ledger: in one transaction, unless they are spread over
// servers.
func (c *copying) enter(ctx context.Context, into *schema.Schema, part []store.StoredBatch) error {
	if d, ok := c.to.(distributed); ok && d.DistributeBy() != "" {
		for _, b := range part {
			if _, err := c.store(ctx, &store.Batch{Schema: into, Rows: &formats.Part{}, Key: b.Key, At: b.At, LedgerRows: b.Rows}); err != nil {
				return err
			}
		}
		return nil
	}
	_, err := c.store(ctx, &store.Batch{Schema: into, Rows: &formats.Part{}, Carried: &store.Carried{Batches: part}})
	return err
}
