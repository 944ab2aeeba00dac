package transfer

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/galley-db/galley/internal/fileid"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/spool"
	"github.com/galley-db/galley/store"
)

// The tests of this file hold on a local disk, too; scripts/nfs.sh runs them, and
// those of collectors, on two mounts of an NFS.

// smallSpool is a spool on a disk of a few megabytes.
func smallSpool(t *testing.T) *spool.Spool {
	t.Helper()
	if len(mounts()) > 0 {
		return newSpool(t)
	}
	s, err := spool.Open(t.Context(), filepath.Join(smallDisk(t), "study.spool"), spool.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// smallDisk is a disk of 4 MB.
func smallDisk(t *testing.T) string {
	t.Helper()
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		t.Skip("it takes a tmpfs of its own; run it as root on Linux, or scripts/nfs.sh")
	}
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=4m", "none", dir).CombinedOutput(); err != nil {
		t.Skipf("a tmpfs cannot be mounted here: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	return dir
}

// fillDisk leaves no room on the disk of a folder, and returns what makes it again.
func fillDisk(t *testing.T, dir string) (empty func()) {
	t.Helper()
	path := filepath.Join(dir, "ballast")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for size := 1 << 20; size >= 512; size /= 2 { // a network file system reports it late
		for err = nil; err == nil; {
			if _, err = f.Write(make([]byte, size)); err == nil {
				err = f.Sync()
			}
		}
		if !fileid.IsFull(err) {
			t.Fatal(err)
		}
	}
	_ = f.Close() // reports it once more
	return func() {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// A full disk refuses batches, and a collector that has to write there. Nothing is
// lost or doubled, and both go on once there is room.
func TestFullDisk(t *testing.T) {
	s, db := smallSpool(t), newDatabase(t)
	fill(t, s, 40, keyNames(5)...)
	empty := fillDisk(t, filepath.Dir(s.Path()))
	tab := openTable(t, s)
	for _, key := range keyNames(8)[5:] {
		if applied, err := tab.AppendOnce(t.Context(), key, regionRows(4000)); !errors.Is(err, store.ErrDiskFull) || applied {
			t.Errorf("%s: %v, %v, want ErrDiskFull", key, applied, err)
		}
	}
	_, err := Collect(t.Context(), db, []string{s.Path()}, CollectOptions{})
	if !errors.Is(err, store.ErrDiskFull) && (err != nil || len(mounts()) == 0) { // a server's disk may have room for a list
		t.Errorf("collect: %v, want ErrDiskFull", err)
	}
	empty()
	for _, key := range keyNames(8) {
		if _, err := tab.AppendOnce(t.Context(), key, regionRows(40)); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
	report := collect(t, db, s, CollectOptions{})
	if len(report.Aside)+len(report.Refused) > 0 {
		t.Errorf("set aside: %v, refused: %v", report.Aside, report.Refused)
	}
	stored(t, db, 40, keyNames(8)...)
	if left := waiting(t, s); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

// A batch that one host has stored is not stored by another, which has looked for
// it before, and is done there in the end.
func TestDoneAcrossHosts(t *testing.T) {
	testtime.Seconds(t)
	s := newSpool(t)
	there, err := spool.Open(t.Context(), seenBy(s, 1), spool.Options{})
	if err != nil {
		t.Fatal(err)
	}
	here, other := openTable(t, s), openTable(t, there)
	keys := keyNames(20)
	for _, key := range keys {
		if done, err := other.Done(t.Context(), key); err != nil || done {
			t.Errorf("%s before anything: %v, %v", key, done, err)
		}
	}
	for _, key := range keys {
		if applied, err := here.AppendOnce(t.Context(), key, regionRows(3)); err != nil || !applied {
			t.Errorf("%s: %v, %v", key, applied, err)
		}
	}
	stale, began := 0, time.Now()
	for _, key := range keys[:10] {
		if done, err := other.Done(t.Context(), key); err != nil {
			t.Fatal(err)
		} else if !done {
			stale++
		}
	}
	for _, key := range keys[10:] {
		if applied, err := other.AppendOnce(t.Context(), key, regionRows(3)); err != nil || applied {
			t.Errorf("%s, stored by the other host: %v, %v", key, applied, err)
		}
	}
	for _, key := range keys {
		for done := false; !done; {
			if done, err = other.Done(t.Context(), key); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Logf("%d of 10 batches were not done on the other host at first, and all after %v", stale, time.Since(began).Round(time.Millisecond))
}
