package sqlite

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/internal/durable"
	"github.com/galley-db/galley/internal/fileid"
	"github.com/galley-db/galley/store"
)

// createFile creates a complete database beside path and gives it its name in
// one step, so no process ever opens half a file. If another process came
// first, the error is fs.ErrExist.
func createFile(ctx context.Context, path string, opts Options) (err error) {
	if err := orphans(path); err != nil {
		return err
	}
	tmp, err := emptyFile(path, opts)
	if err != nil {
		return err
	}
	defer func() {
		for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
			_ = os.Remove(tmp + suffix)
		}
	}()
	c, err := openConn(ctx, tmp, opts, creating)
	if err != nil {
		return err
	}
	defer c.discard()
	defer caught(&err)
	if err := c.initialize(opts); err != nil {
		return c.blame(err)
	}
	if err := c.settle(); err != nil {
		return c.blame(err)
	}
	if err := durable.File(tmp); err != nil {
		return err
	}
	if err := fileid.RenameNoReplace(tmp, path); err != nil {
		return err
	}
	return opts.syncFolder(filepath.Dir(path))
}

// orphans refuses to create a file beside a -wal or -journal that was left by
// another of its name: SQLite would take it for the new file's, and write its
// pages into it.
func orphans(path string) error {
	for _, suffix := range []string{"-wal", "-journal"} {
		info, err := fileid.Stat(path + suffix)
		if err != nil || info.Size == 0 {
			continue
		}
		if _, err := fileid.Stat(path); err == nil {
			return fs.ErrExist // another process came first
		}
		return fmt.Errorf("%w: %s%s exists without its database, and may hold the last commits of a database that was "+
			"moved or removed; restore that database beside it, or create this one under another name", store.ErrNotGalley, path, suffix)
	}
	return nil
}

// emptyFile creates a file of a new name beside path.
func emptyFile(path string, opts Options) (string, error) {
	if err := fitting(path, true); err != nil {
		return "", err
	}
	var suffix [newDigits / 2]byte
	if _, err := rand.Read(suffix[:]); err != nil {
		return "", err
	}
	tmp := path + newSuffix + hex.EncodeToString(suffix[:])
	f, err := os.OpenFile(tmp, os.O_RDWR|os.O_CREATE|os.O_EXCL, opts.Perm)
	if err != nil {
		return "", err
	}
	return tmp, f.Close()
}

// initialize turns an empty database into a galley database.
func (c *conn) initialize(opts Options) error {
	id := make([]byte, 16)
	if _, err := rand.Read(id); err != nil {
		return err
	}
	// The file has no name yet: a crash leaves nothing that matters, so it
	// is synced once, at the end.
	for _, sql := range []string{
		"PRAGMA synchronous=OFF",
		"PRAGMA page_size=" + strconv.Itoa(opts.PageSize),
	} {
		if err := c.Exec(sql); err != nil {
			return err
		}
	}
	if !opts.inMemory {
		mode, err := c.text("PRAGMA journal_mode=WAL")
		if err != nil {
			return err
		}
		if mode != "wal" {
			return fmt.Errorf("%w: journal_mode stayed %q", ErrNoWAL, mode)
		}
	}
	return c.Exec("BEGIN;" + ledgerSQL +
		fmt.Sprintf("PRAGMA application_id=%d;", applicationID) +
		fmt.Sprintf("INSERT INTO galley_meta VALUES ('id','%x'),('format','%d'),('created','%d'),('wal','0000000000');",
			id, formatVersion, time.Now().UnixMicro()) +
		"COMMIT")
}

// settle moves the WAL of a file that no other connection has open into it, and
// closes the connection. Close would do the same, but would hide a failure.
func (c *conn) settle() error {
	if _, _, err := c.WALCheckpoint("main", sqlite3.CHECKPOINT_TRUNCATE); err != nil {
		return err
	}
	return c.Close()
}
