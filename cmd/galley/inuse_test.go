package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/galley-db/galley/internal/pgcluster"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store/sqlite"
)

// holdVar makes the test binary a process that has a database open until its
// standard input ends, and argsVar one that runs galley with these arguments,
// one a line. With signalsVar it handles signals as main does.
const (
	signalsVar = "GALLEY_CMD_SIGNALS"
	holdVar    = "GALLEY_CMD_HOLD"
	argsVar    = "GALLEY_CMD_ARGS"
)

func TestMain(m *testing.M) {
	if args := os.Getenv(argsVar); args != "" {
		if os.Getenv(signalsVar) != "" {
			ctx := interrupts()
			fmt.Fprintln(os.Stderr, "begun")
			os.Exit(graceful(ctx, grace, os.Stderr, func() int { return run(ctx, strings.Split(args, "\n"), os.Stdin, os.Stdout, os.Stderr) }))
		}
		os.Exit(run(context.Background(), strings.Split(args, "\n"), os.Stdin, os.Stdout, os.Stderr))
	}
	path := os.Getenv(holdVar)
	if path == "" {
		goleak.VerifyTestMain(testtime.Tests{M: pgcluster.Tests{M: m}})
		return
	}
	db, err := sqlite.Open(context.Background(), path, sqlite.Options{})
	if err == nil {
		fmt.Println("ready")
		_, err = io.Copy(io.Discard, os.Stdin)
	}
	if err == nil {
		err = db.Close()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// While another process has the file open, it is neither cleared nor removed
// after an export, and the error names the process if the system reports it.
func TestInUse(t *testing.T) {
	path := scanDB(t)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), holdVar+"="+path)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("%q, %v", line, err)
	}
	named := fmt.Sprintf("process %d (", cmd.Process.Pid)
	if runtime.GOOS != "linux" {
		named = ""
	}
	for _, args := range [][]string{{"clear", path, "--yes"}, {"export", path, "-o", t.TempDir(), "--clear"}} {
		r := galley(t, args...)
		if r.status != exitFailed || !strings.Contains(r.errors, sqlite.ErrInUse.Error()) || !strings.Contains(r.errors, named) {
			t.Errorf("galley %s: %+v; want %v that names the process", args[0], r, sqlite.ErrInUse)
		}
	}
	if r := ok(t, "status", path); !strings.Contains(r.out, named) {
		t.Errorf("status does not name %q:\n%s", named, r.out)
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	ok(t, "clear", path, "--yes")
}

// holding starts a process that has the database open, until it is killed.
func holding(t *testing.T, path string) (*exec.Cmd, error) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), holdVar+"="+path)
	if _, err := cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		return nil, fmt.Errorf("%q, %w", line, err)
	}
	return cmd, nil
}
