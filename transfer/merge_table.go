package transfer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/ownkey"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// merge is the merge of a table of a source.
//
// Its rows are of two kinds. Rows of a table with a batch column whose key is in
// the source's ledger belong to that batch, and are merged and compared by their
// key. All other rows are plain: they are merged in their order, as far as the
// source goes, and the next merge goes on behind them. In a table without a batch
// column all rows are plain, and the keys of the ledger go with them.
type merge struct {
	m      *merging
	src    *source
	schema *schema.Schema // the source's
	into   *schema.Schema // the same, with the batch column as an ordinary one
	last   mergeProgress

	keyed []store.StoredBatch // of the source's ledger, with rows of their own
	loose []store.StoredBatch // of the source's ledger, with plain rows
	held  map[string]store.StoredBatch

	fresh   []store.StoredBatch // of keyed: the destination does not have them
	shared  []store.StoredBatch // of keyed: it does
	other   []store.StoredBatch // of shared: with other content
	replace []store.StoredBatch // of other
	news    []store.StoredBatch // of loose: to be carried
	same    int64               // of loose: the destination has them, with the same rows
	kept    int64

	count    int64    // of plain rows, -1 while it is not needed: to count reads all of them
	from     int64    // of these, merged
	skip     []window // of these, not to be merged
	rejected []store.RejectedRow
}

// mergeAttempts bounds how often a table is looked at again because another merge
// was faster.
const mergeAttempts = 100

// table merges a table of a source.
func (m *merging) table(ctx context.Context, s *source, t *schema.Schema) (err error) {
	into, err := schema.New(t.Name(), withoutBatch(t.Columns()))
	if err != nil {
		return err
	}
	for range mergeAttempts {
		if err = s.open(ctx, m.opts.TempDir); err != nil {
			return err
		}
		before, failed := m.newest(ctx, t.Name())
		if failed != nil {
			return failed
		}
		u := &merge{m: m, src: s, schema: t, into: into}
		err = u.run(ctx)
		var conflict *ConflictError
		switch {
		case errors.Is(err, store.ErrKeyStored):
			continue
		case errors.As(err, &conflict): // unless another merge came between
			after, failed := m.newest(ctx, t.Name())
			if failed != nil {
				return failed
			}
			if after != before {
				continue
			}
		}
		return err
	}
	return err
}

// newest is the number of the last row in the destination's ledger for a table.
func (m *merging) newest(ctx context.Context, table string) (int64, error) {
	d := m.dst.Dialect()
	return store.Value[int64](ctx, m.dst, "SELECT coalesce(max(id), 0) FROM "+store.TableSQL(m.dst, "galley_batches")+" WHERE "+d.Quote("table")+" = ?", table)
}

func (u *merge) name() string { return u.schema.Name() }

// run merges what the destination does not have.
func (u *merge) run(ctx context.Context) error {
	if err := u.read(ctx); err != nil {
		return err
	}
	if u.unchanged() {
		u.m.tally(func(r *MergeReport) { r.Present += int64(len(u.keyed) + len(u.loose)) })
		return nil
	}
	if err := u.plain(ctx); err != nil {
		return err
	}
	for _, b := range u.keyed {
		if _, ok := u.held[b.Key]; ok {
			u.shared = append(u.shared, b)
		} else {
			u.fresh = append(u.fresh, b)
		}
	}
	if err := u.compare(ctx); err != nil {
		return err
	}
	if err := u.settle(); err != nil {
		return err
	}
	if err := u.follow(ctx); err != nil {
		return err
	}
	if err := u.quarantine(ctx); err != nil {
		return err
	}
	present := int64(len(u.shared)-len(u.other)) + u.same + u.last.Batches
	if err := u.move(ctx); err != nil {
		return err
	}
	u.m.tally(func(r *MergeReport) { r.Present, r.Kept = r.Present+present, r.Kept+u.kept })
	return nil
}

// read reads the ledgers of both sides.
func (u *merge) read(ctx context.Context) (err error) {
	if u.last, err = u.m.progress(ctx, u.src.id, u.name()); err != nil {
		return err
	}
	var all []string
	for b, err := range u.src.db.Batches(ctx, store.BatchFilter{Table: u.name(), Internal: true}) {
		if err != nil {
			return err
		}
		switch kind := ownkey.Of(b.Key); {
		case kind == ownkey.Copy, kind == ownkey.Rejected, kind == ownkey.Merge:
			continue // the source's own affairs
		case u.schema.Batch() >= 0 && kind != ownkey.Spool:
			u.keyed = append(u.keyed, b)
		default:
			u.loose = append(u.loose, b)
		}
		all = append(all, b.Key)
	}
	u.held = map[string]store.StoredBatch{}
	for keys := range slices.Chunk(all, keysAtOnce) {
		for b, err := range u.m.dst.Batches(ctx, store.BatchFilter{Table: u.name(), Keys: keys}) {
			if err != nil {
				return err
			}
			u.held[b.Key] = b
		}
	}
	return nil
}

// unchanged reports that the file was merged as it is, and that the destination
// still has its batches.
func (u *merge) unchanged() bool {
	if u.src.stamp == "" || u.last.Stamp != u.src.stamp {
		return false
	}
	return !slices.ContainsFunc(slices.Concat(u.keyed, u.loose), func(b store.StoredBatch) bool {
		held, ok := u.held[b.Key]
		return !ok || !sameEntry(held, b)
	})
}

// rowid is a name for the number of a row that no column has.
func (u *merge) rowid() string {
	for _, name := range []string{"rowid", "_rowid_"} {
		if !slices.ContainsFunc(u.schema.ColumnNames(), func(c string) bool { return strings.EqualFold(c, name) }) {
			return name
		}
	}
	return "oid"
}

// isPlain is the condition for plain rows, "" for all rows.
func (u *merge) isPlain() (where string, args []string) {
	if u.schema.Batch() < 0 || len(u.keyed) == 0 {
		return "", nil
	}
	where, args = u.isOf(u.keyed)
	column := u.batchColumn()
	return "(" + column + " IS NULL OR NOT " + where + ")", args
}

// isOf is the condition for rows of batches.
func (u *merge) isOf(batches []store.StoredBatch) (where string, args []string) {
	keys := make([]string, len(batches))
	for i, b := range batches {
		keys[i] = b.Key
	}
	list, _ := json.Marshal(keys) // texts can be encoded
	return "(" + u.batchColumn() + " IN (SELECT value FROM json_each(?)))", []string{string(list)}
}

func (u *merge) batchColumn() string {
	return schema.SQLite().Quote(u.schema.Columns()[u.schema.Batch()].Name)
}

// plain counts the plain rows, and makes sure that those which were merged are
// what they were.
func (u *merge) plain(ctx context.Context) (err error) {
	if u.count = -1; u.last.Rows == 0 {
		return nil
	}
	if err := u.countPlain(ctx); err != nil {
		return err
	}
	u.from = u.last.Rows
	sum, short := uint64(0), u.last.Rows > u.count
	if !short {
		if sum, err = u.sum(ctx, u.last.Rows); err != nil {
			return err
		}
	}
	switch {
	case !short && sum == u.last.Sum:
		return nil
	case u.merging():
		u.from = 0 // Upsert and Ignore find out what is new
		return nil
	case short:
		return u.conflict("", fmt.Sprintf("it has %d rows without a key, and %d were merged before; merge into another database", u.count, u.last.Rows))
	}
	return u.conflict("", fmt.Sprintf("its rows without a key, of which %d were merged before, were changed since; merge into another database", u.last.Rows))
}

// countPlain counts the plain rows, once.
func (u *merge) countPlain(ctx context.Context) (err error) {
	if u.count < 0 {
		where, args := u.isPlain()
		u.count, err = cells.Count(ctx, u.src.db, u.name(), where, anys(args))
	}
	return err
}

// sum is what the first n plain rows (-1 for all) are known by: the last of them,
// or, in a table with a key, whose rows an Upsert may have changed, all of them.
func (u *merge) sum(ctx context.Context, n int64) (sum uint64, err error) {
	if n == 0 {
		return 0, nil
	}
	q := u.plainRows()
	if len(u.schema.Key()) == 0 {
		at, err := u.rowidOf(ctx, n-1)
		if errors.Is(err, store.ErrNoRow) && n < 0 {
			return 0, nil
		}
		if err != nil {
			return 0, err
		}
		q.Where, q.Args = fmt.Sprintf("%s = %d", u.rowid(), at), nil
	}
	q.Limit = max(n, 0)
	var bag cells.Bag
	err = cells.TableStream(u.src.db, q).Each(ctx, func(c *cells.Chunk) error {
		for i := range c.Rows {
			sum += bag.Named(c, i)
		}
		return nil
	})
	return sum, err
}

// plainRows is the query for the plain rows, in their order.
func (u *merge) plainRows() store.Select {
	where, args := u.isPlain()
	return store.Select{Schema: u.into, Where: where, Args: anys(args), OrderBy: u.rowid()}
}

// rowidOf is the number of the n-th plain row, from 0, and -2 for the last.
func (u *merge) rowidOf(ctx context.Context, n int64) (int64, error) {
	where, args := u.isPlain()
	if where != "" {
		where = " WHERE " + where
	}
	if n == -2 || n == u.count-1 {
		return store.Value[int64](ctx, u.src.db, fmt.Sprintf("SELECT %s FROM %s%s ORDER BY %[1]s DESC LIMIT 1",
			u.rowid(), schema.SQLite().Quote(u.name()), where), anys(args)...)
	}
	return store.Value[int64](ctx, u.src.db, fmt.Sprintf("SELECT %s FROM %s%s ORDER BY %[1]s LIMIT 1 OFFSET %[4]d",
		u.rowid(), schema.SQLite().Quote(u.name()), where, n), anys(args)...)
}

func anys(texts []string) []any {
	all := make([]any, len(texts))
	for i, t := range texts {
		all[i] = t
	}
	return all
}

// base is the name by which a source is expected.
func (u *merge) base() string { return filepath.Base(u.src.path) }
