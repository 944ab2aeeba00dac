package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/galley-db/galley/internal/testtime"
)

// child is the program in a process of its own.
func child(t *testing.T, stage string, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, args...)
	cmd.Env = append(os.Environ(), stageVar+"="+stage)
	return cmd
}

// Killed at each tenth of the work, and run again: the tables are those of one
// clean run.
func TestKilledRunsEqualOneCleanRun(t *testing.T) {
	args := []string{"-replicate", "30", "-j", "4"}
	want := clean(t, args...)
	for _, line := range []int{1, 2, 5, 8, 9} {
		t.Run(strconv.Itoa(line), func(t *testing.T) {
			t.Parallel()
			out := outDir(t)
			args := append(args, "-out", out)
			kill(t, line, args)
			r := try(t.Context(), args...)
			_, tasks, rows := r.counts(t)
			if r.status != exitDone || tasks[0] == 0 || tasks[1] < 9*line || tasks[0]+tasks[1] != 90 {
				t.Errorf("after a kill at %d tasks: status %d, tasks %v, %d rows; want the rest done of 90", 9*line, r.status, tasks, rows)
			}
			same(t, want, out)
		})
	}
}

// Killed again and again, each time a little later.
func TestKilledOften(t *testing.T) {
	testtime.Seconds(t)
	args := []string{"-replicate", "30", "-j", "4"}
	want := clean(t, args...)
	out := outDir(t)
	args = append(args, "-out", out)
	for line := 1; line <= 9; line += 2 {
		kill(t, line, args)
	}
	try(t.Context(), args...)
	same(t, want, out)
}

// kill runs the program and kills it at a line of its progress.
func kill(t *testing.T, line int, args []string) {
	t.Helper()
	cmd := child(t, "kill "+strconv.Itoa(line), args...)
	output, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || strings.Contains(string(output), "sessions") {
		t.Fatalf("the program ended with %v: %s; want it killed", err, output)
	}
	if runtime.GOOS != "windows" && exit.Exited() {
		t.Fatalf("the program exited with %v: %s; want it killed", err, output)
	}
}

// Two processes at once on the same file: each task is done by one of them.
func TestTwoProcesses(t *testing.T) {
	testtime.Seconds(t)
	args := []string{"-replicate", "40", "-j", "4"}
	want := clean(t, args...)
	out := outDir(t)
	var cmds [2]*exec.Cmd
	var stdouts [2]bytes.Buffer
	var gates [2]io.Closer
	var underWay sync.WaitGroup
	var drained sync.WaitGroup
	for i := range cmds {
		cmd := child(t, "meet", append(args, "-out", out)...)
		cmd.Stdout = &stdouts[i]
		stdin, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		stderr, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		cmds[i], gates[i] = cmd, stdin
		underWay.Add(1)
		drained.Go(func() {
			in := bufio.NewReader(stderr)
			line, err := in.ReadString('\n')
			if err != nil || !strings.Contains(line, "of 120 tasks") {
				t.Errorf("process %d said %q (%v), want progress", i, line, err)
			}
			underWay.Done()
			_, _ = io.Copy(io.Discard, in)
		})
	}
	underWay.Wait() // both have done a tenth, and wait
	for _, gate := range gates {
		if err := gate.Close(); err != nil {
			t.Error(err)
		}
	}
	drained.Wait()
	newTasks := 0
	for i, cmd := range cmds {
		if err := cmd.Wait(); err != nil {
			t.Errorf("process %d: %v", i, err)
		}
		_, tasks, _ := result{stdout: stdouts[i].String()}.counts(t)
		if tasks[0]+tasks[1] != 120 || tasks[2] != 0 {
			t.Errorf("process %d: tasks %v, want 120 new or skipped", i, tasks)
		}
		newTasks += tasks[0]
	}
	if newTasks != 120 {
		t.Errorf("%d tasks were new to one of the processes, want each of 120 to one", newTasks)
	}
	same(t, want, out)
}

// canceling is standard error that ends the context at the first line.
type canceling struct {
	bytes.Buffer
	cancel context.CancelFunc
}

func (c *canceling) Write(p []byte) (int, error) {
	c.cancel()
	return c.Buffer.Write(p)
}

func TestStoppedRunContinues(t *testing.T) {
	testtime.Seconds(t)
	args := []string{"-replicate", "30", "-j", "4"}
	out := outDir(t)
	args = append(args, "-out", out)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var stdout bytes.Buffer
	stderr := &canceling{cancel: cancel}
	status := run(ctx, args, &stdout, stderr)
	r := result{status, stdout.String(), stderr.String()}
	_, tasks, _ := r.counts(t)
	// At the tenth it stops; a task of each worker may be under way then.
	if r.status != exitInterrupted || tasks[0] < 9 || tasks[0] > 9+4 || tasks[2] != 0 {
		t.Errorf("status %d, tasks %v, want %d after about 9 tasks, none failed", r.status, tasks, exitInterrupted)
	}
	if !strings.Contains(r.stderr, "of 30 sessions finished.\nWhat is saved stays: run the same command again to go on.\n") {
		t.Errorf("standard error %q does not say how to go on", r.stderr)
	}
	if r := try(t.Context(), args...); r.status != exitDone {
		t.Errorf("run again: status %d: %s", r.status, r.stderr)
	}
	same(t, clean(t, "-replicate", "30"), out)

	before := try(ctx, args...)
	if before.status != exitInterrupted || !strings.Contains(before.stderr, "stopped") {
		t.Errorf("stopped from the start: status %d: %s", before.status, before.stderr)
	}
}

func TestCtrlC(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no signal to send oneself")
	}
	out := outDir(t)
	cmd := child(t, "interrupt", "-replicate", "30", "-j", "4", "-out", out)
	output, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted || !strings.Contains(string(output), "run the same command again") {
		t.Errorf("after Ctrl-C: %v: %s; want status %d", err, output, exitInterrupted)
	}
}
