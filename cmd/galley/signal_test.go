//go:build unix

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/galley-db/galley/internal/testtime"
)

// TestSignals: SIGINT and SIGTERM end a verb that waits for a pipe or
// in the midst of its work, with status 130.
func TestSignals(t *testing.T) {
	testtime.Seconds(t)
	path, dir := scanDB(t), t.TempDir()
	fifo := filepath.Join(dir, "rows.csv")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Skip(err)
	}
	endless := "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
	for _, test := range []struct {
		name string
		args []string
	}{
		{"standard input", []string{"query", path, "-"}},
		{"a list from standard input", []string{"batches", path, "scan", "--missing", "-"}},
		{"an answer", []string{"clear", path}},
		{"a query", []string{"query", path, endless}},
		{"standard output", []string{"query", path, strings.Replace(endless, "count(*)", "i", 1)}},
		{"a pipe as source", []string{"import", path, "t", fifo}},
		{"a pipe as list", []string{"batches", path, "scan", "--missing", fifo}},
		{"watch", []string{"watch", path, "--every", "20ms"}},
	} {
		for _, signal := range []os.Signal{syscall.SIGINT, syscall.SIGTERM} {
			t.Run(fmt.Sprintf("%s, %v", test.name, signal), func(t *testing.T) {
				cmd := exec.Command(os.Args[0])
				cmd.Env = append(os.Environ(), argsVar+"="+strings.Join(test.args, "\n"), signalsVar+"=1")
				in, err := cmd.StdinPipe() // stays open
				if err != nil {
					t.Fatal(err)
				}
				defer in.Close()
				out, err := cmd.StdoutPipe() // is not read
				if err != nil {
					t.Fatal(err)
				}
				defer out.Close()
				errs, err := cmd.StderrPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				lines := bufio.NewReader(errs)
				if line, err := lines.ReadString('\n'); line != "begun\n" {
					t.Fatalf("%q, %v", line, err)
				}
				if err := cmd.Process.Signal(signal); err != nil {
					t.Fatal(err)
				}
				// The test's own deadline stands for "does not end".
				rest, _ := io.ReadAll(lines)
				err = cmd.Wait()
				if status := cmd.ProcessState.ExitCode(); status != exitInterrupted || !strings.HasSuffix(string(rest), interrupted+"\n") {
					t.Errorf("status %d, %v, %q; want %d", status, err, rest, exitInterrupted)
				}
			})
		}
	}
}

// TestSignalsEndGracefully: a program that does not end is left after the grace, and one that
// ends by itself has its status.
func TestSignalsEndGracefully(t *testing.T) {
	var errs strings.Builder
	if status := graceful(t.Context(), time.Hour, &errs, func() int { return 7 }); status != 7 || errs.String() != "" {
		t.Errorf("status %d, %q", status, &errs)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if status := graceful(ctx, time.Hour, &errs, func() int { return exitInterrupted }); status != exitInterrupted || errs.String() != "" {
		t.Errorf("status %d, %q", status, &errs)
	}
	block := make(chan int)
	defer close(block)
	if status := graceful(ctx, 1, &errs, func() int { return <-block }); status != exitInterrupted || errs.String() != interrupted+"\n" {
		t.Errorf("status %d, %q", status, &errs)
	}
}
