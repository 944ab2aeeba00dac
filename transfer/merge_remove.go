package transfer

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// remove deletes the sources whose rows are in the destination, which survives
// power loss by then.
func (m *merging) remove(ctx context.Context, all []*source) error {
	if d, ok := m.dst.(durable); ok {
		if err := d.Sync(ctx); err != nil {
			return err
		}
	}
	for _, s := range all {
		reason, err := m.removable(ctx, s)
		if err == nil && reason == nil {
			if now, stampErr := stamp(s.path); stampErr != nil || now != s.stamp || s.inUse() {
				reason = errors.New("it was written to after it was merged; run the merge again")
			} else {
				err = os.Remove(s.path)
			}
		}
		if err != nil {
			return fmt.Errorf("%s: %w", s.path, err)
		}
		m.tally(func(r *MergeReport) {
			if reason == nil {
				r.Removed = append(r.Removed, s.path)
			} else {
				r.Left = append(r.Left, Refused{s.path, reason, reason.Error()})
			}
		})
	}
	return nil
}

// inUse reports that another process may have the source open.
func (s *source) inUse() bool {
	for _, suffix := range companions {
		if _, err := os.Lstat(s.path + suffix); err == nil {
			return true
		}
	}
	return false
}

// removable looks for all rows of a source in the destination. It returns the
// reason why the source is left.
func (m *merging) removable(ctx context.Context, s *source) (reason, err error) {
	if s.stamp == "" || s.inUse() {
		return errors.New("it has a -wal or -shm: another process has it open, or was killed; open and close it (galley checkpoint), and run the merge again"), nil
	}
	if err := s.open(ctx, m.opts.TempDir); err != nil {
		return nil, err
	}
	foreign, err := s.db.ForeignTables(ctx)
	if err != nil {
		return nil, err
	}
	if len(foreign) > 0 {
		return fmt.Errorf("galley did not create table %q, and did not merge it; move it into another file, or remove the source yourself", foreign[0]), s.close()
	}
	for _, t := range s.tables {
		missing, err := m.missingRows(ctx, s, t)
		if err != nil {
			return nil, err
		}
		if missing > 0 {
			return fmt.Errorf("table %q: %d of its rows are not in the destination", t.Name(), missing), s.close()
		}
		if missing, err = m.missingRejected(ctx, s, t); err != nil {
			return nil, err
		}
		if missing > 0 {
			return fmt.Errorf("table %q: %d of its rows in quarantine are not in the quarantine of the destination", t.Name(), missing), s.close()
		}
	}
	return nil, s.close()
}

// rowsAtOnce is the number of rows that are held in memory, by their hash.
const rowsAtOnce = 1 << 20

// missingRows counts the rows of a source's table that the destination does not
// have, each as often. Of a table whose rows were merged by their key, it looks
// for the keys only.
func (m *merging) missingRows(ctx context.Context, s *source, t *schema.Schema) (missing int64, err error) {
	byKey := len(t.Key()) > 0 && m.opts.Mode != schema.Append
	columns := withoutBatch(t.Columns())
	if byKey {
		columns = columns[:0]
		for _, name := range t.Key() {
			i, _ := t.Column(name)
			columns = append(columns, t.Columns()[i])
		}
		columns = withoutBatch(columns)
	}
	read, err := schema.New(t.Name(), columns)
	if err != nil {
		return 0, err
	}
	total, err := cells.Count(ctx, s.db, t.Name(), "", nil)
	if err != nil {
		return 0, err
	}
	parts := uint64(total/rowsAtOnce) + 1
	for part := range parts {
		left := map[uint64]int64{}
		if err := hashes(ctx, s.db, read, parts, part, func(h uint64) { left[h]++ }); err != nil {
			return 0, err
		}
		if err := hashes(ctx, m.dst, read, parts, part, func(h uint64) {
			if n, ok := left[h]; ok && n > 1 {
				left[h]--
			} else if ok {
				delete(left, h)
			}
		}); err != nil {
			return 0, err
		}
		for _, n := range left {
			missing += n
		}
	}
	return missing, nil
}

// missingRejected counts the rows of a source's quarantine that the destination's does
// not have.
func (m *merging) missingRejected(ctx context.Context, s *source, t *schema.Schema) (missing int64, err error) {
	rows, err := lacking(ctx, s.db, m.dst, t.Name(), func(string) bool { return true })
	for _, n := range rows {
		missing += n
	}
	return missing, err
}

// hashes calls do with the hash of each row of one part of a table.
func hashes(ctx context.Context, b store.Backend, s *schema.Schema, parts, part uint64, do func(uint64)) error {
	var bag cells.Bag
	return cells.TableStream(b, store.Select{Schema: s}).Each(ctx, func(c *cells.Chunk) error {
		for i := range c.Rows {
			if h := bag.Row(c, i); h%parts == part {
				do(h)
			}
		}
		return nil
	})
}
