//go:build unix

package sqlite

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store"
)

// TestStandardDescriptors: a program that closed its standard streams, as a
// daemon does, opens a database, and panics. The trace goes nowhere: no file of the
// database is descriptor 0, 1 or 2, and all acknowledged rows are found.
func TestStandardDescriptors(t *testing.T) {
	testtime.Seconds(t)
	if path := os.Getenv("GALLEY_DAEMON"); path != "" {
		daemon(t, path)
		return
	}
	for _, closed := range []string{"2", "12", "012"} {
		path := filepath.Join(t.TempDir(), "test.db")
		cmd := exec.Command(os.Args[0], "-test.run=^TestStandardDescriptors$")
		cmd.Env = append(os.Environ(), "GALLEY_DAEMON="+path, "GALLEY_CLOSED="+closed)
		if err := cmd.Run(); err == nil {
			t.Fatalf("%s closed: the daemon did not panic", closed)
		}
		said, err := os.ReadFile(path + ".log")
		must(t, err)
		if want := "50 acknowledged\n"; string(said) != want {
			t.Fatalf("%s closed: the daemon says %q, want %q", closed, said, want)
		}
		checkIntegrity(t, path)
		db := openTest(t, path, Options{})
		wantPoints(t, db, pointSchema(t, "points"), makePoints(0, 500))
	}
}

func daemon(t *testing.T, path string) {
	log, err := os.Create(path + ".log")
	must(t, err)
	for _, fd := range os.Getenv("GALLEY_CLOSED") {
		_ = unix.Close(int(fd - '0'))
	}
	db, err := Open(t.Context(), path, Options{})
	if err != nil {
		fmt.Fprintln(log, err)
		os.Exit(1)
	}
	s := pointSchema(t, "points")
	if err := db.Ensure(t.Context(), s, store.Strict); err != nil {
		fmt.Fprintln(log, err)
	}
	acknowledged := 0
	for i := range 50 {
		if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(10*i, 10)}); err == nil {
			acknowledged++
		}
	}
	fmt.Fprintln(log, acknowledged, "acknowledged")
	for fd := range 3 {
		if name, _ := os.Readlink(fmt.Sprint("/proc/self/fd/", fd)); strings.HasPrefix(name, path) {
			fmt.Fprintln(log, "descriptor", fd, "is", name)
		}
	}
	go panic("the trace of a panic, which the runtime writes to descriptor 2")
	select {}
}
