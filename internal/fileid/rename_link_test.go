//go:build !windows

package fileid

import (
	"errors"
	"io/fs"
	"syscall"
	"testing"
)

func TestRenameWithoutTheCall(t *testing.T) {
	for _, errno := range []error{syscall.EINVAL, syscall.ENOSYS, syscall.ENOTSUP, syscall.EPERM, errors.ErrUnsupported} {
		t.Chdir(folder(t))
		write(t, "a")
		write(t, "b")
		unknown := func() error { return errno }
		if err := renameOrLink(unknown, "a", "b"); !errors.Is(err, fs.ErrExist) || content(t, "a") != "a" || content(t, "b") != "b" {
			t.Errorf("%v: rename onto a file = %v, want fs.ErrExist and nothing changed", errno, err)
		}
		if err := renameOrLink(unknown, "a", "c"); err != nil || content(t, "c") != "a" {
			t.Errorf("%v: rename = %v", errno, err)
		}
		if _, err := Stat("a"); !errors.Is(err, fs.ErrNotExist) || stated(t, "c").Links != 1 {
			t.Errorf("%v: the old name is still there: %v", errno, err)
		}
	}
}

func TestRenameRepeatsInterruptedCallsAndKeepsOtherErrors(t *testing.T) {
	t.Chdir(folder(t))
	write(t, "a")
	calls := 0
	err := renameOrLink(func() error {
		if calls++; calls < 3 {
			return syscall.EINTR
		}
		return syscall.ENOSPC
	}, "a", "b")
	if !errors.Is(err, syscall.ENOSPC) || calls != 3 {
		t.Errorf("rename = %v after %d calls, want no space after 3", err, calls)
	}
	if _, err := Stat("b"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the new name is there: %v", err)
	}
}
