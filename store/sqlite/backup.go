package sqlite

import (
	"context"
	"crypto/rand"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/galley-db/galley/internal/durable"
	"github.com/galley-db/galley/internal/fileid"
)

// backupPages are the pages copied at a time, between which ctx is looked at.
const backupPages = 64

// Backup copies one consistent state of the database into a new file at path
// while others continue to write. The copy is a galley database with its own
// id. It appears under its name only when it is complete and synced. An
// existing file is never replaced (the error is fs.ErrExist). progress, unless
// nil, is called repeatedly with the pages done and their total.
func (db *DB) Backup(ctx context.Context, path string, progress func(done, total int)) error {
	if err := db.open(); err != nil {
		return err
	}
	to, err := fileid.Resolve(path)
	if err != nil {
		return explain(path, err)
	}
	return explain(to, ended(ctx, db.backup(ctx, to, progress)))
}

func (db *DB) backup(ctx context.Context, to string, progress func(done, total int)) error {
	if _, err := os.Lstat(to); err == nil {
		return fmt.Errorf("%w; choose another name, or remove it first", fs.ErrExist)
	}
	if err := orphans(to); err != nil {
		return err
	}
	f, opts := db.file, db.file.copyOptions()
	tmp, err := emptyFile(to, opts)
	if err != nil {
		return err
	}
	defer func() {
		for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
			_ = os.Remove(tmp + suffix)
		}
	}()
	rd, err := f.readers.acquire(ctx)
	if err != nil {
		return err
	}
	defer f.readers.release(rd)
	if err := rd.copy(ctx, tmp, opts, progress); err != nil {
		return err
	}
	if err := f.readers.unchanged(); err != nil {
		return err
	}
	if err := newIdentity(ctx, tmp, opts); err != nil {
		return err
	}
	if err := durable.File(tmp); err != nil {
		return err
	}
	if err := f.opts.rename(tmp, to); err != nil {
		return err
	}
	return f.opts.syncFolder(filepath.Dir(to))
}

// copyOptions are those to write a copy of the file with, which this process may only
// be allowed to read. Its owner may write the copy.
func (f *file) copyOptions() Options {
	opts := f.opts
	opts.ReadOnly, opts.still = false, false
	opts.Perm |= 0o600
	return opts
}

// copy copies the snapshot that rd reads, which does not move while it is
// held, so that the copy never starts over.
func (rd *reader) copy(ctx context.Context, to string, opts Options, progress func(done, total int)) (err error) {
	defer rd.caught(&err)
	if err := rd.conn.Exec("BEGIN; SELECT count(*) FROM sqlite_schema"); err != nil {
		return err
	}
	defer func() {
		rd.conn.SetInterrupt(context.Background())
		_ = rd.conn.Exec("ROLLBACK")
	}()
	m := newMount(opts)
	defer m.unmount()
	b, err := rd.conn.BackupInit("main", m.uri(to))
	if err != nil {
		return m.blame(rd.conn.blame(err))
	}
	defer b.Close()
	for done := false; !done; {
		if err := ctx.Err(); err != nil {
			return err
		}
		if done, err = b.Step(backupPages); err != nil && !busy(err) {
			return m.blame(rd.conn.blame(err))
		}
		if progress != nil && err == nil {
			rd.outside = true
			progress(b.PageCount()-b.Remaining(), b.PageCount())
			rd.outside = false
		}
	}
	return m.blame(b.Close())
}

// newIdentity gives the copy its own id, which distinguishes its -wal from the
// original's.
func newIdentity(ctx context.Context, path string, opts Options) (err error) {
	defer caught(&err)
	id := make([]byte, 16)
	if _, err := rand.Read(id); err != nil {
		return err
	}
	c, err := openConn(ctx, path, opts, writing)
	if err != nil {
		return err
	}
	defer c.discard()
	if err := c.Exec(fmt.Sprintf("BEGIN IMMEDIATE; UPDATE galley_meta SET value='%x' WHERE name='id'; COMMIT", id)); err != nil {
		return c.blame(err)
	}
	return c.blame(c.settle())
}
