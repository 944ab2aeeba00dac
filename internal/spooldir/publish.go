package spooldir

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/galley-db/galley/internal/batchfile"
	"github.com/galley-db/galley/internal/durable"
	"github.com/galley-db/galley/internal/fileid"
)

// ErrNoHardLinks is returned when the file system has no hard links.
var ErrNoHardLinks = errors.New("the file system has no hard links, which a spool needs; use a folder on another one, or write to a local disk")

// ErrUnknown is returned when it is open whether a file has its name: the server
// did not say, or the folder could not be synced.
var ErrUnknown = errors.New("it is unknown whether the file has its name")

// Put stores a batch file under the name that belongs to its table and key. It
// reports false where that name is taken: the batch was stored before. When Put
// returns nil, whichever file has the name is on disk. With an error and true the
// file has its name, and power loss may still take it.
func (d *Dir) Put(table, key string, content []byte) (bool, error) {
	folder, err := d.table(table)
	if err != nil {
		return false, err
	}
	name := batchfile.Name(table, key)
	shard := batchfile.Shard(name)
	won, err := d.publish(filepath.Join(folder, shard), name, content)
	if errors.Is(err, fs.ErrNotExist) {
		if err := d.mkdirs(folder, shard); err != nil {
			return false, err
		}
		won, err = d.publish(filepath.Join(folder, shard), name, content)
	}
	return won, err
}

// publish gives content a name, once: it is written under a temporary name in
// the same folder, synced, and linked to the final one.
func (d *Dir) publish(folder, name string, content []byte) (won bool, err error) {
	var random [8]byte
	if _, err := rand.Read(random[:]); err != nil {
		return false, err
	}
	temporary := filepath.Join(folder, tempPrefix+hex.EncodeToString(random[:]))
	if err := d.write(temporary, content); err != nil {
		_ = os.Remove(temporary)
		return false, err
	}
	won, err = d.rename(temporary, filepath.Join(folder, name))
	if removed := os.Remove(temporary); err == nil && !errors.Is(removed, fs.ErrNotExist) {
		err = removed
	}
	if err == nil {
		if synced := durable.Folder(folder); synced != nil {
			err = fmt.Errorf("%w: %w", ErrUnknown, synced)
		}
	}
	return won, err
}

func (d *Dir) write(path string, content []byte) (err error) {
	perm := d.perm & 0o666
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if info, err := f.Stat(); err == nil && info.Mode().Perm() != perm {
		_ = f.Chmod(perm) // whatever the umask says, where the file system has permissions
	}
	if _, err := f.Write(content); err != nil {
		return err
	}
	return f.Sync()
}

// rename links temporary to final, and reports whether final is that file. The
// folder decides, not the error of the call: sshfs returns EPERM where the name
// is taken, and NFS may return EEXIST for a link of our own whose reply was
// lost.
func (d *Dir) rename(temporary, final string) (bool, error) {
	err := d.link(temporary, final)
	if err == nil {
		return true, nil
	}
	entries, listed := os.ReadDir(filepath.Dir(final))
	if listed != nil {
		return false, errors.Join(err, listed)
	}
	taken := slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == filepath.Base(final) })
	if !taken {
		switch {
		case noLinks(err):
			err = fmt.Errorf("%w: %w", ErrNoHardLinks, err)
		case !errors.Is(err, fs.ErrNotExist) && !fileid.IsFull(err):
			err = fmt.Errorf("%w: %w", ErrUnknown, err) // the folder may be read as it was before
		}
		return false, err
	}
	own, err := os.Lstat(temporary)
	if err != nil {
		return false, err
	}
	other, err := os.Lstat(final)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil // collected meanwhile
	}
	return err == nil && os.SameFile(own, other), err
}

func noLinks(err error) bool {
	return errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EMLINK)
}
