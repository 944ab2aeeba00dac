//go:build unix

package table_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	sqlite3 "github.com/ncruces/go-sqlite3"
	"golang.org/x/sys/unix"

	"github.com/galley-db/galley/backoff"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// append stores batches without end.
func (j labJob) append() error {
	ctx := context.Background()
	_, tab, err := j.table(ctx)
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		if err := tab.Append(ctx, keyed(100*j.Worker, j.Rows)); err != nil {
			return err
		}
		fmt.Println(i)
	}
}

// TestStoppedHolder stops a process while it holds the write lock. Others wait
// as long as their options allow, lose nothing, and continue when it does.
func TestStoppedHolder(t *testing.T) {
	testtime.Seconds(t)
	path := tempPath(t)
	db := openDB(t, path)
	tab := openTable(t, db, table.Options[scan]{Retrier: backoff.Exponential{MaxElapsed: 100 * time.Millisecond}})
	c, out := labJob{Do: "append", Path: path, Worker: 1, Rows: 900}.start(t)
	defer c.Wait()
	defer c.Process.Kill()
	out.Scan()
	go io.Copy(io.Discard, scanned{out})
	plain, err := sqlite3.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	if err := plain.Exec("PRAGMA busy_timeout=0"); err != nil {
		t.Fatal(err)
	}
	for { // until it was stopped with the lock in its hands
		c.Process.Signal(syscall.SIGSTOP)
		if err := stopped(c.Process.Pid); err != nil {
			t.Fatal(err)
		}
		err := plain.Exec("BEGIN IMMEDIATE; ROLLBACK")
		if errors.Is(err, sqlite3.BUSY) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		c.Process.Signal(syscall.SIGCONT)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := tab.Append(ctx, makeScans(7_000_000, 3)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error is %v, want the context's", err)
	}
	var exhausted *backoff.ExhaustedError
	if err := tab.Append(t.Context(), makeScans(7_000_000, 3)); !errors.As(err, &exhausted) {
		t.Errorf("error is %v, want *backoff.ExhaustedError", err)
	}
	for range tab.All(t.Context()) { // reading goes on
		break
	}
	patient := openTable(t, db, table.Options[scan]{})
	done := make(chan error, 1)
	go func() { done <- patient.Append(context.Background(), makeScans(8_000_000, 3)) }()
	c.Process.Signal(syscall.SIGCONT)
	if err := <-done; err != nil {
		t.Errorf("after it went on: %v", err)
	}
	c.Process.Signal(syscall.SIGTERM)
	for _, want := range []struct{ from, to, rows int }{{7_000_000, 7_000_003, 0}, {8_000_000, 8_000_003, 3}} {
		rows := collect(t, tab.Where(t.Context(), "voxels >= ? AND voxels < ?", want.from, want.to))
		if len(rows) != want.rows {
			t.Errorf("%d rows from %d on, want %d", len(rows), want.from, want.rows)
		}
	}
}

// scanned reads on what a child prints.
type scanned struct{ lines interface{ Scan() bool } }

func (s scanned) Read([]byte) (int, error) {
	if !s.lines.Scan() {
		return 0, io.EOF
	}
	return 0, nil
}

// stopped waits until the process has stopped.
func stopped(pid int) error {
	var status unix.WaitStatus
	for {
		_, err := unix.Wait4(pid, &status, unix.WUNTRACED, nil)
		if err != unix.EINTR {
			if err == nil && !status.Stopped() {
				return fmt.Errorf("process %d has ended: %v", pid, status)
			}
			return err
		}
	}
}

// open opens and uses a database under the limits of the job.
func (j labJob) open() error {
	if j.Limit > 0 {
		warm := j // so that Go's own runtime has the descriptors that it wants
		warm.Path += ".warm"
		if _, err := warm.use(); err != nil {
			return err
		}
		before := unix.Rlimit{}
		if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
			return err
		}
		low := before
		low.Cur = j.Limit
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &low); err != nil {
			return err
		}
		if _, err := j.use(); err != nil {
			fmt.Println("limited:", err)
		}
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
			return err
		}
	}
	opened, err := j.use()
	switch {
	case errors.Is(err, store.ErrReadOnly) && opened:
		fmt.Println("ErrReadOnly, after Open")
		return nil
	case errors.Is(err, store.ErrReadOnly):
		fmt.Println("ErrReadOnly")
		return nil
	case errors.Is(err, store.ErrDiskFull):
		fmt.Println("ErrDiskFull")
		return nil
	case err == nil:
		fmt.Println("fine")
	}
	return err
}

// use opens the database, appends and reads.
func (j labJob) use() (opened bool, err error) {
	db, tab, err := j.table(context.Background())
	if db != nil {
		opened = true
		defer db.Close()
	}
	if err != nil {
		return opened, err
	}
	if err := tab.Append(context.Background(), makeScans(0, 40)); err != nil {
		return opened, err
	}
	_, err = tab.Count(context.Background())
	return opened, err
}

// TestFewDescriptorsAreReported opens a database with fewer and fewer file descriptors left.
// What fails says so, and all is well once there are enough.
func TestFewDescriptorsAreReported(t *testing.T) {
	testtime.Seconds(t)
	failed := 0
	for limit := uint64(4); limit < 24; limit++ {
		path := tempPath(t)
		out, err := labJob{Do: "open", Path: path, Limit: limit}.command(t, os.Args[0]).Output()
		if err != nil {
			t.Errorf("%d descriptors: %v", limit, err)
		}
		if !strings.HasSuffix(string(out), "fine\n") {
			t.Errorf("%d descriptors: %q", limit, out)
		}
		if bytes.Contains(out, []byte("limited:")) {
			failed++
			if !bytes.Contains(out, []byte("too many open files")) && !bytes.Contains(out, []byte("unable to open")) {
				t.Errorf("%d descriptors: %q", limit, out)
			}
		}
	}
	if failed < 3 {
		t.Errorf("only %d limits were too low for anything", failed)
	}
}

// TestOtherUser opens files of root's as another user.
func TestOtherUser(t *testing.T) {
	testtime.Seconds(t)
	if os.Getuid() != 0 {
		t.Skip("only root can be another user; run it as root")
	}
	dir, err := os.MkdirTemp("", "galley-lab-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "child")
	content, err := os.ReadFile(os.Args[0])
	if err == nil {
		err = os.WriteFile(binary, content, 0o755)
	}
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	folder := func(name string, perm os.FileMode) string {
		d := filepath.Join(dir, name)
		if err := errors.Join(os.Mkdir(d, perm), os.Chmod(d, perm)); err != nil {
			t.Fatal(err)
		}
		return filepath.Join(d, "test.db")
	}
	private := folder("private", 0o777)
	if db, err := sqlite.Open(t.Context(), private, sqlite.Options{}); err != nil || db.Close() != nil {
		t.Fatal(err)
	}
	readable := folder("readable", 0o777)
	if db, err := sqlite.Open(t.Context(), readable, sqlite.Options{Perm: 0o644}); err != nil || db.Close() != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		private:                 "ErrReadOnly\n",
		readable:                "ErrReadOnly\n",
		folder("locked", 0o755): "ErrReadOnly\n",
		folder("open", 0o777):   "fine\n",
	} {
		c := labJob{Do: "open", Path: path}.command(t, binary)
		c.Dir = dir
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		out, err := c.Output()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Skipf("no process of another user can be started here: %v", err)
		}
		if string(out) != want {
			t.Errorf("%s: the child says %q (%v), want %q", filepath.Base(filepath.Dir(path)), out, err, want)
		}
	}
}

// TestSmallDisk fills a real file system. The batch that does not fit is
// refused with ErrDiskFull, acknowledged rows are stored, and appends
// succeed once the disk has room.
func TestSmallDisk(t *testing.T) {
	testtime.Seconds(t)
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		t.Skip("it takes a tmpfs of its own; run it as root on Linux")
	}
	dir := t.TempDir()
	if err := mountTmpfs(dir, "size=2m"); err != nil {
		t.Skipf("a tmpfs cannot be mounted here: %v", err)
	}
	defer unmountTmpfs(dir)
	path := filepath.Join(dir, "test.db")
	db := openDB(t, path)
	tab := openTable(t, db, table.Options[scan]{})
	ballast := filepath.Join(dir, "ballast")
	stored := 0
	for round := range 6 {
		if err := os.WriteFile(ballast, make([]byte, 300_000+100_000*round), 0o600); err != nil && round == 0 {
			t.Fatal(err)
		}
		var err error
		for range 500 {
			if err = tab.Append(t.Context(), makeScans(stored, 100)); err != nil {
				break
			}
			stored += 100
		}
		if !errors.Is(err, store.ErrDiskFull) {
			t.Errorf("round %d: error is %v, want ErrDiskFull", round, err)
		}
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		if err := tab.Append(t.Context(), makeScans(stored, 100)); err != nil {
			t.Errorf("round %d: once there is room: %v", round, err)
		} else {
			stored += 100
		}
		if n, err := tab.Count(t.Context()); n != int64(stored) || err != nil {
			t.Errorf("round %d: %d rows, %v; %d were acknowledged", round, n, err, stored)
		}
		if round < 5 { // make room for the next
			if err := db.Clear(t.Context()); err != nil {
				t.Fatalf("clear on a full disk: %v", err)
			}
			db, stored = openDB(t, path), 0
			tab = openTable(t, db, table.Options[scan]{})
		}
	}
	checkIntegrity(t, path)
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

// TestOpenByProcesses creates and opens one file from many processes at once:
// none gets a lock error.
func TestOpenByProcesses(t *testing.T) {
	testtime.Seconds(t)
	for range rounds(4, 40) {
		path := tempPath(t)
		const children = 8
		done := make(chan error, children)
		for range children {
			c := labJob{Do: "open", Path: path}.command(t, os.Args[0])
			go func() {
				out, err := c.Output()
				if err == nil && string(out) != "fine\n" {
					err = fmt.Errorf("a child says %q", out)
				}
				done <- err
			}()
		}
		for range children {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if n, err := openTable(t, openDB(t, path), table.Options[scan]{}).Count(t.Context()); n != 40*children || err != nil {
			t.Errorf("%d rows, %v; want %d", n, err, 40*children)
		}
	}
}
