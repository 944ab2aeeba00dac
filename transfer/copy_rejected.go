package transfer

import (
	"context"
	"fmt"

	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/internal/ownkey"
	"github.com/galley-db/galley/internal/quarantine"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// The rows in quarantine go over in batches of these sizes at most.
const (
	rejectedRows  = 1000
	rejectedBytes = 16 << 20
)

// rejected copies the rows in quarantine, each under its own key and with its own
// time, and compares them with the source's.
func (c *copying) rejected(ctx context.Context, s *schema.Schema, t *CopiedTable) error {
	numbered, err := c.numbered(ctx, s.Name(), ownkey.Rejected)
	if err != nil {
		return err
	}
	if len(numbered.earlier) == 0 {
		n, err := store.CountRejected(ctx, c.to, store.RejectedFilter{Table: s.Name()})
		if err != nil {
			return err
		}
		if n > 0 {
			return &CopyError{Table: s.Name(), Reason: fmt.Sprintf("the destination holds %d rejected rows, and no copy has stored them; copy into an empty table", n)}
		}
	}
	var batch []store.RejectedRow
	var content, sum uint64
	size := 0
	flush := func() error {
		key, stored, err := numbered.next(s, content)
		if err == nil && !stored {
			_, err = c.store(ctx, &store.Batch{Schema: s, Rows: &formats.Part{}, Key: key, Carried: &store.Carried{Rejected: batch}})
		}
		sum += content
		batch, content, size = batch[:0], 0, 0
		return err
	}
	for r, err := range c.from.Rejected(ctx, store.RejectedFilter{Table: s.Name()}) {
		if err != nil {
			return err
		}
		if len(batch) == rejectedRows || size > rejectedBytes {
			if err := flush(); err != nil {
				return err
			}
		}
		batch = append(batch, r)
		content += quarantine.Sum(r)
		size += len(r.Row) + len(r.Error)
		t.Rejected++
	}
	if len(batch) > 0 {
		if err := flush(); err != nil {
			return err
		}
	}
	return c.verifyRejected(ctx, s, sum, t.Rejected)
}

// verifyRejected reads the quarantine of the copy and compares it.
func (c *copying) verifyRejected(ctx context.Context, s *schema.Schema, want uint64, rows int64) error {
	var sum uint64
	n := int64(0)
	for r, err := range c.to.Rejected(ctx, store.RejectedFilter{Table: s.Name()}) {
		if err != nil {
			return err
		}
		sum += quarantine.Sum(r)
		n++
	}
	switch {
	case n != rows:
		return &CopyError{Table: s.Name(), Reason: fmt.Sprintf("it has %d rejected rows, and the original %d; copy into an empty table, from a source that does not change", n, rows)}
	case sum != want:
		return &CopyError{Table: s.Name(), Reason: "rejected rows differ"}
	}
	return nil
}
