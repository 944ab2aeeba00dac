//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/galley-db/galley/internal/testtime"
)

// otherUser is one without rights, as most systems have it.
const otherUser = 65534

// asOther runs the command as another user, from a folder that it may read. It
// skips the test where that is not possible.
func asOther(t *testing.T, binary string, args ...string) result {
	t.Helper()
	cmd := exec.Command(binary)
	cmd.Dir = filepath.Dir(binary)
	cmd.Env = append(os.Environ(), argsVar+"="+strings.Join(args, "\n"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: otherUser, Gid: otherUser}}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Skipf("no process of another user can be started here: %v", err)
	}
	return result{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// beside are the names in the folder of a file.
func beside(t *testing.T, path string) string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

// TestOtherUsersFile: one who may only read a file can do so, also where its
// folder may not be written; what root does leaves the owner's rights.
func TestOtherUsersFile(t *testing.T) {
	testtime.Seconds(t)
	if os.Getuid() != 0 {
		t.Skip("only root can be another user; run it as root")
	}
	// Not t.TempDir, whose parents are closed to others.
	dir, err := os.MkdirTemp("", "galley-user-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	binary := filepath.Join(dir, "galley")
	content, err := os.ReadFile(os.Args[0])
	if err := errors.Join(err, os.Chmod(dir, 0o755), os.WriteFile(binary, content, 0o755)); err != nil {
		t.Fatal(err)
	}
	folder, open := filepath.Join(dir, "data"), filepath.Join(dir, "open")
	path := filepath.Join(folder, "test.db")
	if err := errors.Join(os.Mkdir(folder, 0o755), os.Mkdir(open, 0o700), os.Chown(open, otherUser, otherUser)); err != nil {
		t.Fatal(err)
	}
	ok(t, "import", path, "t", file(t, "a.csv", "a\n1\n2\n"))
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, perm := range []os.FileMode{0o755, 0o777} {
		if err := os.Chmod(folder, perm); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"tables", path}, {"query", path, "SELECT * FROM t"}, {"profile", path, "t"}, {"status", path}, {"doctor", path}} {
			if r := asOther(t, binary, args...); r.status != exitDone || r.out == "" {
				t.Errorf("folder %o, galley %s: %+v", perm, args[0], r)
			}
		}
		if got := beside(t, path); got != "test.db" {
			t.Errorf("folder %o: left behind: %s", perm, got)
		}
		to := filepath.Join(open, fmt.Sprintf("%o.db", perm))
		if r := asOther(t, binary, "backup", path, to); r.status != exitDone {
			t.Errorf("folder %o, a backup elsewhere: %+v", perm, r)
		}
		more := filepath.Join(dir, "more.csv")
		if err := os.WriteFile(more, []byte("a\n3\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		if r := asOther(t, binary, "import", path, "t", more); r.status != exitFailed || !strings.Contains(r.errors, "read-only") {
			t.Errorf("folder %o: writing: %+v", perm, r)
		}
	}

	// A -wal without a -shm can only be read where a -shm can be created.
	if err := errors.Join(os.Chmod(folder, 0o755), os.WriteFile(path+"-wal", []byte("frames"), 0o644)); err != nil {
		t.Fatal(err)
	}
	if r := asOther(t, binary, "tables", path); r.status != exitFailed || !strings.Contains(r.errors, "copy the database and its -wal") {
		t.Errorf("with a -wal: %+v", r)
	}
	if err := os.Remove(path + "-wal"); err != nil {
		t.Fatal(err)
	}

	// The file belongs to the other user, and root reads it.
	if err := errors.Join(os.Chown(path, otherUser, otherUser), os.Chown(folder, otherUser, otherUser), os.Chmod(path, 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"tables", path}, {"query", path, "SELECT * FROM t"}, {"doctor", path}} {
		ok(t, args...)
		if got := beside(t, path); got != "test.db" {
			t.Errorf("galley %s by root left behind: %s", args[0], got)
		}
	}
	hold, err := holding(t, path)
	if err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"-wal", "-shm"} {
		info, err := os.Stat(path + suffix)
		if err != nil || info.Sys().(*syscall.Stat_t).Uid != otherUser {
			t.Errorf("%s of root's process: %+v, %v; want user %d", suffix, info, err, otherUser)
		}
	}
	// Killed, root's process leaves files that the owner can go on with.
	if err := hold.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = hold.Wait()
	if r := asOther(t, binary, "query", path, "SELECT count(*) AS n FROM t", "-f", "csv"); r.out != "n\n2\n" {
		t.Errorf("after root's process was killed: %+v", r)
	}

	// What an older version of root's left behind is explained.
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := errors.Join(os.WriteFile(path+suffix, nil, 0o600), os.Chown(path+suffix, 0, 0)); err != nil {
			t.Fatal(err)
		}
	}
	if r := asOther(t, binary, "query", path, "SELECT 1"); r.status != exitFailed || !strings.Contains(r.errors, "another user created it") {
		t.Errorf("with files of root: %+v", r)
	}
	if r := galley(t, "doctor", path, "--quick"); r.status != exitFailed || !strings.Contains(r.out, "chown 65534:65534 "+path+"-shm") {
		t.Errorf("doctor with files of root: %+v", r)
	}
}

// A page about a file has rows of it, so it can be read by those who can read the file.
func TestPageHasThePermissionsOfTheFile(t *testing.T) {
	path := scanDB(t)
	for _, perm := range []fs.FileMode{0o600, 0o640} {
		if err := os.Chmod(path, perm); err != nil {
			t.Fatal(err)
		}
		page := filepath.Join(t.TempDir(), "page.html")
		for _, args := range [][]string{{"report", path, "-o", page}, {"profile", path, "scan", "--html", page}} {
			ok(t, args...)
			info, err := os.Stat(page)
			if err != nil {
				t.Fatal(err)
			}
			if got := info.Mode().Perm(); got != perm {
				t.Errorf("%s: the page is %o, the file %o", args[0], got, perm)
			}
		}
	}
}
