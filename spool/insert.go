package spool

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/galley-db/galley/internal/batchfile"
	"github.com/galley-db/galley/internal/ownkey"
	"github.com/galley-db/galley/internal/record"
	"github.com/galley-db/galley/internal/spooldir"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// insertion is a batch as a file that has no name yet.
type insertion struct {
	spool   *Spool
	table   string
	key     string // "" for no rows and no key
	rows    int
	content []byte // nil after Close
	linked  bool   // an attempt of this insertion gave the file its name
}

// Begin checks a batch and lays out its file, in memory. A batch without a key
// gets one of its own, which begins with "galley spool".
func (s *Spool) Begin(b *store.Batch) (store.Insertion, error) {
	return s.hooks.Begin(b, s.begin)
}

func (s *Spool) begin(b *store.Batch) (store.Insertion, error) {
	if err := b.Check(); err != nil {
		return nil, s.wrap(err)
	}
	if len(b.With) > 0 {
		return nil, s.wrap(fmt.Errorf("table %q: a batch of a spool is a file with the rows of one table: %w", b.Schema.Name(), store.ErrOneTable))
	}
	if b.Mode != schema.Append || b.RemovesRows() || b.Quarantine || b.Sift || b.Carried != nil || b.Others != nil {
		return nil, s.wrap(fmt.Errorf("table %q: Upsert, Ignore, Replace, quarantine, imports and merges compare with what is stored: %w", b.Schema.Name(), ErrWriteOnly))
	}
	in := &insertion{spool: s, table: b.Schema.Name(), key: b.Key, rows: b.Rows.Len()}
	if in.key == "" {
		if in.rows == 0 {
			return in, nil
		}
		in.key = ownkey.Spooled(spooldir.Random() + spooldir.Random())
	}
	w, err := encode(b)
	if err != nil {
		return nil, err
	}
	if in.content, err = w.Finish(in.key, time.Now().UnixMicro()); err != nil {
		return nil, s.wrap(err)
	}
	return in, nil
}

// encode validates the rows and lays them out.
func encode(b *store.Batch) (*batchfile.Writer, error) {
	columns := b.Schema.Columns()
	enc := record.NewEncoder(columns, 0)
	rows := store.Fork(b.KeyedRows())
	file := batchfile.NewWriter(b.Schema)
	var rec []byte
	for i := range b.Rows.Len() {
		enc.Reset()
		err := rows.Bind(i, enc)
		if err == nil {
			err = enc.Err()
		}
		if err == nil {
			rec = enc.AppendTo(rec[:0])
			err = file.Add(rec)
		}
		if errors.Is(err, store.ErrUnread) {
			return nil, fmt.Errorf("table %q: %w", b.Schema.Name(), err)
		}
		if err != nil {
			return nil, rowError(b.Schema.Name(), i, err)
		}
	}
	return file, nil
}

func rowError(table string, row int, err error) error {
	if errors.Is(err, record.ErrTooLarge) || errors.Is(err, batchfile.ErrTooLarge) {
		err = store.TooLarge(err)
	}
	return store.NewRowError(table, row, err)
}

// Try gives the file its name. When it returns nil the batch is on disk; Applied
// is false where the key was stored before, collected or not.
//
// Two writers of the same key that run at the same time can both store it when
// the first one's file is collected and removed in between. The collector then
// drops the second.
func (in *insertion) Try(ctx context.Context) (store.Result, error) {
	if err := in.spool.usable(ctx); err != nil {
		return store.Result{}, err
	}
	switch {
	case in.key == "":
		return store.Result{Applied: true}, nil
	case in.content == nil:
		return store.Result{}, in.spool.wrap(store.ErrClosed)
	}
	if !in.linked {
		if done, err := in.spool.dir.Done(in.table, in.key); err != nil || done {
			return store.Result{}, in.spool.wrap(err)
		}
	}
	won, err := in.spool.dir.Put(in.table, in.key, in.content)
	in.linked = in.linked || won
	if err != nil {
		return store.Result{}, in.spool.wrap(err)
	}
	if !in.linked {
		return store.Result{}, nil
	}
	return store.Result{Applied: true, Inserted: int64(in.rows)}, nil
}

// Close releases the file's content.
func (in *insertion) Close() { in.content = nil }
