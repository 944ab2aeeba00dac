package transfer

import (
	"context"
	"fmt"
	"slices"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// ConflictError is the error for a batch of a source that the destination has
// with other content. Key is empty for rows without a key.
type ConflictError struct {
	Table, Key          string
	Source, Destination string // the file, or the name of the server
	Reason              string
}

// Error names the table, the key and both files.
func (e *ConflictError) Error() string {
	where := fmt.Sprintf("table %q", e.Table)
	if e.Key != "" {
		where += fmt.Sprintf(", key %q", e.Key)
	}
	return fmt.Sprintf("%s: %s conflicts with %s: %s", where, e.Source, e.Destination, e.Reason)
}

func (u *merge) conflict(key, reason string) error {
	return &ConflictError{Table: u.name(), Key: key, Source: u.src.path, Destination: u.m.place(), Reason: reason}
}

// place names the destination in errors.
func (m *merging) place() string {
	switch {
	case m.file == nil:
		return "the destination"
	case m.file.Path() == "":
		return "the database in memory"
	}
	return m.file.Path()
}

// compare sorts the keys that both sides have: the same content, or other.
func (u *merge) compare(ctx context.Context) error {
	if len(u.shared) == 0 {
		return nil
	}
	rejected, err := u.lackingOf(ctx, u.shared)
	if err != nil {
		return err
	}
	if u.merging() {
		// Upsert has changed rows of other batches, and Ignore left some out: what
		// the destination has says nothing.
		for _, b := range u.shared {
			if !sameEntry(u.held[b.Key], b) || rejected[b.Key] > 0 {
				u.other = append(u.other, b)
			}
		}
		return nil
	}
	theirs, err := u.sums(ctx, u.src.db)
	if err != nil {
		return err
	}
	ours, err := u.sums(ctx, u.m.dst)
	if err != nil {
		return err
	}
	for _, b := range u.shared {
		if theirs[b.Key] != ours[b.Key] || rejected[b.Key] > 0 {
			u.other = append(u.other, b)
		}
	}
	return nil
}

// content is what the rows of a batch are compared by.
type content struct {
	rows int64
	sum  uint64
}

// keysAtOnce bounds the keys of one query.
const keysAtOnce = 1000

// sums are the contents of the shared batches on one side.
func (u *merge) sums(ctx context.Context, b store.Backend) (map[string]content, error) {
	all := make(map[string]content, len(u.shared))
	column := u.schema.Columns()[u.schema.Batch()].Name
	var bag cells.Bag
	for part := range slices.Chunk(u.shared, keysAtOnce) {
		var keys []string
		for _, s := range part {
			keys = append(keys, s.Key)
		}
		where, args, err := store.Arguments(b.Dialect(), b.Dialect().Quote(column)+" IN (?)", []any{keys})
		if err != nil {
			return nil, err
		}
		err = cells.TableStream(b, store.Select{Schema: u.schema, Where: where, Args: args}).Each(ctx, func(c *cells.Chunk) error {
			for i := range c.Rows {
				key := string(c.Cells[u.schema.Batch()].At(i))
				sum := all[key]
				all[key] = content{sum.rows + 1, sum.sum + bag.Row(c, i)}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// settle decides about batches that the destination has with other content.
func (u *merge) settle() error {
	for _, b := range u.other {
		switch u.m.opts.OnConflict {
		case Keep:
			u.kept++
		case Replace:
			u.replace = append(u.replace, b)
		default:
			return u.conflict(b.Key, fmt.Sprintf("both have the key with other content or other rows in quarantine (%d rows at %v, and %d rows at %v); compare them, or merge with OnConflict (--on-conflict) keep or replace",
				b.Rows, b.At, u.held[b.Key].Rows, u.held[b.Key].At))
		}
	}
	return nil
}

// merging reports that rows with the same key are merged, by Upsert or Ignore.
func (u *merge) merging() bool { return u.mode() != schema.Append }

func (u *merge) mode() schema.Mode {
	if len(u.schema.Key()) == 0 {
		return schema.Append
	}
	return u.m.opts.Mode
}
