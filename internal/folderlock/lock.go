package folderlock

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Name is the name of the lock file.
const Name = ".galley-lock"

// ErrUnsupported is returned when the system, or the folder's file system, has no
// locks.
var ErrUnsupported = errors.New("the file system has no file locks")

// errHeld is returned by try when another has the lock.
var errHeld = errors.New("held by another")

// HeldError is returned when the context ended before the lock was free.
type HeldError struct {
	Folder string
	Holder string // the process that holds it, "" if it is unknown
	Err    error  // of the context
}

// Error names the folder and the holder.
func (e *HeldError) Error() string {
	holder := e.Holder
	if holder == "" {
		holder = "another process"
	}
	return fmt.Sprintf("waited for %s, which writes into %s: %v", holder, e.Folder, e.Err)
}

// Unwrap returns the error of the context.
func (e *HeldError) Unwrap() error { return e.Err }

// Lock is a lock on a folder.
type Lock struct{ file *os.File }

// Acquire takes the lock of a folder. While another process, or another
// goroutine, holds it, Acquire waits for the end of ctx, after which it returns a
// *[HeldError]. waits, unless nil, is called once when the waiting begins, with
// the holder.
func Acquire(ctx context.Context, folder string, waits func(holder string)) (*Lock, error) {
	const shortest, longest = time.Millisecond, 100 * time.Millisecond
	path := filepath.Join(folder, Name)
	for pause := shortest; ; pause = min(2*pause, longest) {
		l, err := attempt(folder, path)
		if l != nil || err != nil {
			return l, err
		}
		if pause == shortest && waits != nil {
			waits(holder(path))
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, &HeldError{Folder: folder, Holder: holder(path), Err: ctx.Err()}
		case <-timer.C:
		}
	}
}

// attempt takes the lock, unless another has it: then it returns nil without an
// error.
func attempt(folder, path string) (*Lock, error) {
	f, err := open(folder, path)
	if err != nil {
		return nil, err
	}
	l := &Lock{f}
	if err = l.take(path); err == nil {
		return l, nil
	}
	_ = f.Close()
	if errors.Is(err, errHeld) {
		return nil, nil
	}
	if errors.Is(err, ErrUnsupported) {
		_ = os.Remove(path)
	}
	return nil, fmt.Errorf("lock %s: %w", folder, err)
}

// take locks the file, which was opened under path.
func (l *Lock) take(path string) error {
	if err := try(l.file); err != nil {
		return err
	}
	if !same(l.file, path) { // its holder has removed it since it was opened
		return errHeld
	}
	return l.sign()
}

// open opens the lock file. Every user who may write into the folder may take the
// lock.
func open(folder, path string) (*os.File, error) {
	info, err := os.Stat(folder)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		f, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) // it may be gone again
	} else if err == nil {
		_ = f.Chmod(info.Mode().Perm() & 0o666) // others' exports fail otherwise, and say so
	}
	return f, err
}

func same(f *os.File, path string) bool {
	opened, err := f.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(path)
	return err == nil && os.SameFile(opened, named)
}

// sign writes the process into the file, for those that wait.
func (l *Lock) sign() error {
	host, err := os.Hostname()
	if err != nil {
		host = "an unknown host"
	}
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err = l.file.WriteAt(fmt.Appendf(nil, "process %d on %s\n", os.Getpid(), host), 0)
	return err
}

// holder is what the holder of a lock wrote into its file.
func holder(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 300))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}
