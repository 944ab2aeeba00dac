//go:build linux

package fileid

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestOwnPOSIXLock: a POSIX lock of this process is found under any descriptor of
// the file that has it. A lock of an open file description, as galley's engine
// takes, is not one: closing another descriptor does not drop it.
func TestOwnPOSIXLock(t *testing.T) {
	file := func(name string) (*os.File, ID) {
		t.Helper()
		path := filepath.Join(t.TempDir(), name)
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		info, err := Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return f, info.ID
	}
	locked, id := file("locked")
	_, other := file("other")
	set := func(command int, kind int16) {
		t.Helper()
		if err := unix.FcntlFlock(locked.Fd(), command, &unix.Flock_t{Type: kind, Start: 120, Len: 3}); err != nil {
			t.Fatal(err)
		}
	}
	check := func(want bool, when string) {
		t.Helper()
		if got := OwnPOSIXLock(other, id); got != want {
			t.Errorf("%s: OwnPOSIXLock is %v, want %v", when, got, want)
		}
		if OwnPOSIXLock(other) || OwnPOSIXLock() {
			t.Errorf("%s: a lock was found on a file that has none", when)
		}
	}
	check(false, "no lock")
	set(unix.F_OFD_SETLK, unix.F_RDLCK)
	check(false, "a lock of the open file description")
	set(unix.F_OFD_SETLK, unix.F_UNLCK)
	set(unix.F_SETLK, unix.F_RDLCK)
	check(true, "a POSIX lock")
	set(unix.F_SETLK, unix.F_UNLCK)
	check(false, "a lock that was dropped")
}
