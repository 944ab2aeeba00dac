package fileid

import (
	"errors"
	"io/fs"
	"os"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func stated(t *testing.T, path string) Info {
	t.Helper()
	info, err := Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func TestStatTellsWhatTheFileIs(t *testing.T) {
	t.Chdir(folder(t))
	write(t, "x.db")
	want := Info{Links: 1, Size: 4, Perm: 0o600, Regular: true}
	if runtime.GOOS == "windows" {
		want.Perm = 0o666
	}
	info := stated(t, "x.db")
	if info.ID == (ID{}) {
		t.Error("the ID is zero")
	}
	if info.Changed.IsZero() {
		t.Error("the time of the last change is zero")
	}
	want.ID, want.Owner, want.Changed = info.ID, info.Owner, info.Changed
	if diff := cmp.Diff(want, info, cmp.AllowUnexported(ID{})); diff != "" {
		t.Errorf("Stat (-want +got):\n%s", diff)
	}
	if err := os.Chmod("x.db", 0o444); err != nil {
		t.Fatal(err)
	}
	if got := stated(t, "x.db").Perm; got != 0o444 {
		t.Errorf("Perm of a read-only file is %v", got)
	}
	if info := stated(t, "."); info.Regular || info.ID == want.ID {
		t.Errorf("Stat of a folder = %+v", info)
	}
}

func TestStatDoesNotFollow(t *testing.T) {
	t.Chdir(folder(t))
	write(t, "x.db")
	link(t, "x.db", "link")
	if info := stated(t, "link"); info.Regular || info.ID == stated(t, "x.db").ID {
		t.Errorf("Stat of a link = %+v, want the link itself", info)
	}
}

func TestStatOfNothing(t *testing.T) {
	t.Chdir(folder(t))
	for _, path := range []string{"x.db", "nowhere/x.db"} {
		info, err := Stat(path)
		if _, ok := errors.AsType[*fs.PathError](err); !ok || !errors.Is(err, fs.ErrNotExist) || info != (Info{}) {
			t.Errorf("Stat(%q) = %+v, %v; want a *fs.PathError that is fs.ErrNotExist", path, info, err)
		}
	}
	if _, err := Stat("a\x00b"); err == nil {
		t.Error("Stat of a path with NUL succeeded")
	}
}

func TestHardLinkIsTheSameFile(t *testing.T) {
	t.Chdir(folder(t))
	write(t, "x.db")
	if err := os.Link("x.db", "y.db"); err != nil {
		t.Skip("no hard links here:", err)
	}
	x, y := stated(t, "x.db"), stated(t, "y.db")
	if x.ID != y.ID || x.Links != 2 || y.Links != 2 {
		t.Errorf("%+v and %+v, want one ID with 2 links", x, y)
	}
	if err := os.Remove("y.db"); err != nil {
		t.Fatal(err)
	}
	if x := stated(t, "x.db"); x.Links != 1 {
		t.Errorf("%+v after one name was removed, want 1 link", x)
	}
}

// An ID stays with a renamed file, and the file that replaces it has another ID.
func TestRenameUnderAHeldID(t *testing.T) {
	t.Chdir(folder(t))
	write(t, "x.db")
	f, err := os.Open("x.db")
	if err != nil {
		t.Fatal(err)
	}
	held := stated(t, "x.db").ID
	err = os.Rename("x.db", "old.db")
	if runtime.GOOS == "windows" {
		f.Close() // Go opens files so that they cannot be renamed there
		err = os.Rename("x.db", "old.db")
	} else {
		defer f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := stated(t, "old.db").ID; got != held {
		t.Errorf("the file is %v after the rename and was %v", got, held)
	}
	write(t, "x.db")
	if got := stated(t, "x.db").ID; got == held {
		t.Errorf("the new file is %v, as is the old one", got)
	}
	if err := os.Remove("old.db"); err != nil {
		t.Fatal(err)
	}
	write(t, "new.db")
	if runtime.GOOS != "windows" {
		if got := stated(t, "new.db").ID; got == held {
			t.Errorf("a new file is %v, which is still held open", got)
		}
	}
}

// The roots of two file systems often have the same inode.
func TestDeviceIsPartOfTheID(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs two file systems with one inode")
	}
	proc, sys := stated(t, "/proc").ID, stated(t, "/sys").ID
	if proc.file != sys.file {
		t.Skipf("inodes %d and %d differ here", proc.file, sys.file)
	}
	if proc == sys {
		t.Errorf("/proc and /sys are both %v", proc)
	}
}

func TestStatAllocatesNoFileInfo(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no call for it")
	}
	path := folder(t) + "/x.db"
	write(t, path)
	if n := testing.AllocsPerRun(100, func() { stated(t, path) }); n > 1 {
		t.Errorf("%v allocations, want the system's copy of the path alone", n)
	}
}

func TestIDString(t *testing.T) {
	if got := (ID{device: 0xfe01, file: 42}).String(); got != "fe01:42" {
		t.Errorf("String() = %q", got)
	}
}

func BenchmarkStat(b *testing.B) {
	path := b.TempDir() + "/features.db"
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		b.Fatal(err)
	}
	b.Run("fileid", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Stat(path); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("os", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := os.Lstat(path); err != nil {
				b.Fatal(err)
			}
		}
	})
}
