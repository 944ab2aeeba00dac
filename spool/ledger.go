package spool

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/galley-db/galley/internal/batchfile"
	"github.com/galley-db/galley/internal/ownkey"
	"github.com/galley-db/galley/internal/spooldir"
	"github.com/galley-db/galley/store"
)

// Batches returns the batches that were stored with a key, collected or not,
// oldest first by the clocks of their writers. Without a Key it reads every batch
// that waits. On a network file system, a batch that another host stored within
// the last minute may be missing; AppendOnce decides. A damaged file is an error
// that names it.
func (s *Spool) Batches(ctx context.Context, f store.BatchFilter) iter.Seq2[store.StoredBatch, error] {
	return func(yield func(store.StoredBatch, error) bool) {
		found, err := s.batches(ctx, f)
		if err != nil {
			yield(store.StoredBatch{}, s.wrap(err))
			return
		}
		for _, b := range found {
			if !yield(b, nil) {
				return
			}
		}
	}
}

// Rejected returns no rows: a spool has no quarantine, and refuses a batch that
// asks for one.
func (s *Spool) Rejected(ctx context.Context, _ store.RejectedFilter) iter.Seq2[store.RejectedRow, error] {
	return func(yield func(store.RejectedRow, error) bool) {
		if err := s.usable(ctx); err != nil {
			yield(store.RejectedRow{}, err)
		}
	}
}

func (s *Spool) batches(ctx context.Context, f store.BatchFilter) ([]store.StoredBatch, error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	tables := []string{f.Table}
	if f.Table == "" {
		var err error
		if tables, err = s.dir.Tables(); err != nil {
			return nil, err
		}
	}
	var found []store.StoredBatch
	var p batchfile.Parser
	for _, table := range tables {
		visit := func(shard *spooldir.Shard) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			all, err := shardBatches(&p, shard, f)
			found = append(found, all...)
			return err
		}
		var err error
		if f.Key != "" {
			err = s.dir.ShardOf(table, f.Key, visit)
		} else {
			err = s.dir.Shards(table, visit)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	slices.SortStableFunc(found, func(a, b store.StoredBatch) int { return a.At.Compare(b.At) })
	return found, nil
}

// shardBatches returns the batches of one shard that f selects. A batch is listed
// as collected before its file is removed, so the lists are read last.
func shardBatches(p *batchfile.Parser, s *spooldir.Shard, f store.BatchFilter) ([]store.StoredBatch, error) {
	var found []store.StoredBatch
	seen := map[string]bool{}
	add := func(key string, rows, at int64) {
		if !seen[key] && ownkey.Of(key) == ownkey.Caller && strings.HasPrefix(key, f.Prefix) &&
			(f.Key == "" || f.Key == key) && (len(f.Keys) == 0 || slices.Contains(f.Keys, key)) {
			found = append(found, store.StoredBatch{Table: s.Table, Key: key, Rows: rows, At: time.UnixMicro(at).UTC()})
		}
		seen[key] = true
	}
	for _, name := range s.Batches {
		if f.Key != "" && name != batchfile.Name(s.Table, f.Key) {
			continue
		}
		c, err := s.Read(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // collected meanwhile
		}
		if err != nil {
			return nil, err
		}
		file, err := p.Parse(c.Data)
		if err != nil {
			return nil, &fs.PathError{Op: "read batch file", Path: s.Path(name), Err: err}
		}
		add(file.Key, int64(len(file.Rows)), file.At)
	}
	s, err := s.Refresh(false)
	if err != nil {
		return nil, err
	}
	collected, err := s.Collected("")
	if err != nil {
		return nil, err
	}
	for _, c := range collected {
		add(c[0].Key, c[0].Rows, c[0].At)
	}
	return found, nil
}
