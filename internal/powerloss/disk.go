package powerloss

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
)

// Disk is a file system in a file.
type Disk struct {
	t     testing.TB
	image string
	dir   string
	mu    sync.Mutex // power is lost by one goroutine at a time
	cuts  int
}

// size of the disk, of which little is allocated.
const size = 48 << 20

// options keep the kernel from doing of itself what only a sync promises: it
// would write a file out when it is renamed over another, and its journal every
// five seconds.
const options = "loop,noauto_da_alloc,commit=600"

// New makes a disk, which goes with the test.
func New(t testing.TB) *Disk {
	t.Helper()
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		t.Skip("it takes a file system of its own; run it as root on Linux")
	}
	where := "/dev/shm" // the image in memory: its copies are many
	if _, err := os.Stat(where); err != nil {
		where = ""
	}
	home, err := os.MkdirTemp(where, "galley-power-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(home) })
	d := &Disk{t: t, image: filepath.Join(home, "disk"), dir: filepath.Join(home, "mounted")}
	f, err := os.Create(d.image)
	if err == nil {
		err = f.Truncate(size)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", d.image).CombinedOutput(); err != nil {
		t.Skipf("no ext4 can be made here: %v: %s", err, out)
	}
	if err := mount(d.image, d.dir); err != nil {
		t.Skipf("no file system in a file can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := unmount(d.dir); err != nil {
			t.Errorf("the disk is still in use at the end of the test: %v", err)
			_ = exec.Command("umount", "-l", d.dir).Run() // goes when the process does
		}
	})
	return d
}

// Dir is where the disk is mounted.
func (d *Disk) Dir() string { return d.dir }

// Lose takes the disk as it is if power is lost now, and gives look the folder
// where its file system was found again. The disk itself goes on.
func (d *Disk) Lose(look func(dir string)) {
	d.t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cuts++
	copied := fmt.Sprintf("%s.%d", d.image, d.cuts)
	defer os.Remove(copied)
	dir := fmt.Sprintf("%s.%d", d.dir, d.cuts)
	err := duplicate(d.image, copied)
	if err == nil {
		err = mount(copied, dir)
	}
	if err != nil {
		d.t.Fatalf("power lost for the %dth time: %v", d.cuts, err)
	}
	defer func() {
		if err := unmount(dir); err != nil {
			d.t.Errorf("power lost for the %dth time: %v", d.cuts, err)
		}
		os.Remove(dir)
	}()
	look(dir)
}

// Cuts is how often power was lost.
func (d *Disk) Cuts() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.cuts
}

func mount(image, dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	if out, err := exec.Command("mount", "-t", "ext4", "-o", options, image, dir).CombinedOutput(); err != nil {
		return fmt.Errorf("mount: %w: %s", err, out)
	}
	return nil
}

func unmount(dir string) error {
	if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
		return fmt.Errorf("umount: %w: %s", err, out)
	}
	return nil
}

// duplicate copies a file, and leaves out what it has nothing of.
func duplicate(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer out.Close()
	buf, zero := make([]byte, 1<<16), [1 << 16]byte{}
	for at := int64(0); at < size; at += int64(len(buf)) {
		if _, err := io.ReadFull(in, buf); err != nil {
			return err
		}
		if [1 << 16]byte(buf) == zero {
			continue
		}
		if _, err := out.WriteAt(buf, at); err != nil {
			return err
		}
	}
	return out.Truncate(size)
}
