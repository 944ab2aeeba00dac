package sqlite

import (
	"context"
	"errors"
	"fmt"
	"time"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/internal/fileid"
	"github.com/galley-db/galley/store"
)

// CheckpointMode selects how hard a checkpoint tries
// (https://sqlite.org/c3ref/wal_checkpoint_v2.html).
type CheckpointMode uint8

// The modes. Passive moves the pages that no reader needs, and waits for nothing.
// Restart moves all pages, so the next writer restarts the WAL. Truncate also cuts
// the -wal file to zero length.
const (
	Passive CheckpointMode = iota
	Restart
	Truncate
)

// CheckpointResult is the result of a checkpoint, in pages.
type CheckpointResult struct {
	WALPages int  // in the WAL at the start
	Moved    int  // pages that are now in the database file
	Complete bool // all pages were moved
}

// ErrCheckpointBusy is returned by Checkpoint when a reader or another checkpoint
// prevents it from completing what its mode promises. Pages that it has moved stay
// moved.
var ErrCheckpointBusy = errors.New("a reader or another checkpoint is in the way")

// Checkpoint moves the pages in the WAL into the database file. It waits for
// its turn among the writers. Unless passive, it retries until ctx ends while
// readers are in the way, and does not hold the queue meanwhile.
func (db *DB) Checkpoint(ctx context.Context, mode CheckpointMode) (CheckpointResult, error) {
	if err := db.writable(); err != nil {
		return CheckpointResult{}, err
	}
	engine, ok := map[CheckpointMode]sqlite3.CheckpointMode{
		Passive:  sqlite3.CHECKPOINT_PASSIVE,
		Restart:  sqlite3.CHECKPOINT_RESTART,
		Truncate: sqlite3.CHECKPOINT_TRUNCATE,
	}[mode]
	if !ok {
		return CheckpointResult{}, fmt.Errorf("%w: checkpoint mode %d", store.ErrOptions, mode)
	}
	if db.file.memory {
		return CheckpointResult{Complete: true}, nil
	}
	var res CheckpointResult
	err := db.file.eventually(ctx, func(w *writer) (err error) {
		res, err = w.checkpoint(engine)
		return err
	})
	if busy(err) {
		err = fmt.Errorf("%w: %w", ErrCheckpointBusy, err)
	}
	return res, explain(db.file.path, err)
}

// exclusively runs work with the writer connection, in its turn.
func (f *file) exclusively(ctx context.Context, work func(*writer) error) error {
	return f.queue.run(ctx, &request{ctx: ctx, exclusive: work, since: time.Now()}, f.lead)
}

// intact returns an error if the names of the writer's files no longer lead to
// these files. No later process would find what is written to them.
func (f *file) intact(ctx context.Context) error {
	if f.memory {
		return nil
	}
	return f.exclusively(ctx, func(w *writer) error { return w.file.guard.check() })
}

// eventually is exclusively for work on the file as a whole, which others may be in
// the way of: it is tried again until ctx ends, and not at all on files that are
// no longer intact.
func (f *file) eventually(ctx context.Context, work func(*writer) error) error {
	if err := f.intact(ctx); err != nil {
		return err
	}
	return patiently(ctx, func() error { return f.exclusively(ctx, work) })
}

// checkpoint checkpoints and keeps in Stats how it went.
func (w *writer) checkpoint(mode sqlite3.CheckpointMode) (CheckpointResult, error) {
	began := time.Now()
	w.conn.mount.begin()
	res, err := w.move(mode)
	w.file.checkpointed(began, err)
	return res, err
}

// move moves pages from the WAL into the database.
func (w *writer) move(mode sqlite3.CheckpointMode) (CheckpointResult, error) {
	inWAL, moved, err := w.conn.WALCheckpoint("main", mode)
	err = w.conn.blame(err)
	res := CheckpointResult{WALPages: max(inWAL, 0), Moved: max(moved, 0)}
	res.Complete = err == nil && moved == inWAL
	if err == nil && mode == sqlite3.CHECKPOINT_TRUNCATE {
		w.walPages = 0
	}
	return res, err
}

// keepWALShort runs checkpoints as the WAL grows. SQLite itself would run them
// inside COMMIT and hide their failures.
//
// Most of the work runs in parallel with the writer, at each quarter of the bound.
// Only a checkpoint without concurrent appends can move everything, which lets the
// next commit restart the WAL. At the bound the writer therefore does the rest
// itself. If a reader prevents that, the writer tries again after the same growth.
// For readers that overlap without end, see restart.
func (w *writer) keepWALShort() {
	if w.conn == nil || w.file.memory {
		return
	}
	limit, size := w.file.opts.WALBytes, int64(w.walPages)*w.pageSize
	if size < w.walBegun { // the WAL has restarted
		w.walBegun, w.walKept, w.walCrowded = 0, 0, 0
	}
	switch {
	case size >= limit+w.walKept:
		if size < limit+w.walKept+limit/4 && w.file.background.running() {
			return // until it has ended, and little is left to do
		}
		w.file.background.wait()
		_, _ = w.checkpoint(sqlite3.CHECKPOINT_PASSIVE) // Stats has its error
		w.walKept, w.walBegun = size, size
		if size >= max(w.walCrowded, crowded*limit) {
			w.walCrowded = 2 * size
			w.restart()
		}
	case size >= w.walBegun+limit/4:
		if w.file.background.start() {
			w.walBegun = size
		}
	}
}

// walBytes is the size of the -wal file, 0 where there is none.
func (f *file) walBytes() int64 {
	if f.memory {
		return 0
	}
	info, err := fileid.Stat(f.path + "-wal")
	if err != nil {
		return 0
	}
	return info.Size
}
