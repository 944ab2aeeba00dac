package spool

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"syscall"

	"github.com/galley-db/galley/internal/fileid"
	"github.com/galley-db/galley/internal/observe"
	"github.com/galley-db/galley/internal/spooldir"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

var (
	// ErrWriteOnly is returned by everything but appending.
	ErrWriteOnly = errors.New("a spool only takes batches: collect it into a database first (galley collect)")
	// ErrNotSpool is returned by Open for a folder that holds other files, and
	// for a spool of a newer format.
	ErrNotSpool = spooldir.ErrNotSpool
	// ErrNoHardLinks is returned when the file system has no hard links.
	ErrNoHardLinks = spooldir.ErrNoHardLinks
)

// Options are the settings of [Open]. The zero value is ready to use.
type Options struct {
	// Perm are the permissions of a folder that Open creates, 0 means 0700. The
	// files and folders in a spool always get those of its folder, so a group
	// that shares one creates it with 0770 or with mkdir -m 2770.
	Perm fs.FileMode
	// Logger, unless nil, gets a line for each fault and sign of one:
	// docs/monitoring.md lists the messages and their attributes. A line holds no
	// values of rows.
	Logger *slog.Logger
	// Observer, unless nil, receives each batch.
	Observer store.Observer
}

// Spool is a folder that batches are stored in. It implements [store.Backend].
// A Spool is safe for use by several goroutines at once, and any number of
// Spools, in any number of processes and hosts, may be open on the same folder.
type Spool struct {
	dir     *spooldir.Dir
	hooks   observe.Hooks
	closed  atomic.Bool
	writers store.Writers
}

var _ store.Backend = (*Spool)(nil)

// Open opens the spool in the folder dir, and creates it where there is none;
// the folder above must exist. It holds no file open.
func Open(ctx context.Context, dir string, opts Options) (*Spool, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	perm := opts.Perm
	if perm == 0 {
		perm = 0o700
	}
	if perm&0o700 != 0o700 || perm&^(fs.ModePerm|fs.ModeSetgid) != 0 {
		return nil, fmt.Errorf("%w: Perm %v of a spool's folder; its owner must read, write and enter it", store.ErrOptions, perm)
	}
	d, err := spooldir.Create(dir, perm)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("the folder above it does not exist, create it first: %w", err)
	}
	if err != nil {
		return nil, fmt.Errorf("spool %s: %w", dir, explain(err))
	}
	return &Spool{dir: d, hooks: observe.Hooks{Observer: opts.Observer, Logger: opts.Logger}}, nil
}

// Path returns the absolute path of the folder.
func (s *Spool) Path() string { return s.dir.Path() }

// Dialect returns SQLite's, which batch files are written in.
func (s *Spool) Dialect() schema.Dialect { return schema.SQLite() }

// Forget returns ErrWriteOnly.
func (s *Spool) Forget(context.Context, *schema.Schema, string) (int64, error) {
	return 0, s.wrap(ErrWriteOnly)
}

// Edit returns ErrWriteOnly.
func (s *Spool) Edit(context.Context, store.Edit) (int64, error) { return 0, s.wrap(ErrWriteOnly) }

// Query returns ErrWriteOnly.
func (s *Spool) Query(context.Context, store.Select, func(schema.Reader) (bool, error)) error {
	return s.wrap(ErrWriteOnly)
}

// Retryable reports whether err is a failure of the network that passes: the
// server did not answer in time, or has forgotten the folder's handle.
func (s *Spool) Retryable(err error) bool {
	for _, passing := range []error{syscall.EAGAIN, syscall.EINTR, syscall.ETIMEDOUT, syscall.ESTALE} {
		if errors.Is(err, passing) {
			return !errors.Is(err, store.ErrCommitUnknown)
		}
	}
	return false
}

// Close makes further calls return store.ErrClosed. It returns a
// *store.UnstoredError if rows of Writers are not stored that were not closed
// before. A second Close does nothing.
func (s *Spool) Close() error {
	s.closed.Store(true)
	return s.wrap(s.writers.Abandon())
}

// KeepWriter is as [store.Backend] says.
func (s *Spool) KeepWriter(w store.OpenWriter) (drop func(), err error) {
	drop, err = s.writers.Keep(w)
	return drop, s.wrap(err)
}

func (s *Spool) usable(ctx context.Context) error {
	if s.closed.Load() {
		return s.wrap(store.ErrClosed)
	}
	return ctx.Err()
}

// wrap adds the spool's path to an error.
func (s *Spool) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("spool %s: %w", filepath.Clean(s.dir.Path()), explain(err))
}

// explain adds the error that callers look for to that of the system.
func explain(err error) error {
	switch {
	case fileid.IsFull(err):
		return fmt.Errorf("%w: %w", store.ErrDiskFull, err)
	case errors.Is(err, spooldir.ErrUnknown):
		return fmt.Errorf("%w: %w", store.ErrCommitUnknown, err)
	}
	return err
}
