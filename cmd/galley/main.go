// Galley works with galley database files: it shows their content, moves rows in
// and out, and finds out what is wrong with a file.
//
//	go install ./cmd/galley
//	galley help
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// The exit statuses.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

func main() {
	ctx := interrupts()
	os.Exit(graceful(ctx, grace, os.Stderr, func() int {
		return run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	}))
}

// interrupts returns a context that ends with the first signal. A second one ends
// the process at once.
func interrupts() context.Context {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx
}

// grace is how long a verb has to end by itself after a signal.
const grace = 700 * time.Millisecond

// graceful runs the program and returns its exit status. When ctx ends, the
// program has some time left to clean up. It may not be able to: a read from a
// pipe, or a write into one without a reader, does not end with a context. Then
// graceful returns without it, as if the process had been killed, which every verb
// allows at any time.
func graceful(ctx context.Context, grace time.Duration, errs io.Writer, program func() int) int {
	done := make(chan int, 1)
	go func() { done <- program() }()
	select {
	case status := <-done:
		return status
	case <-ctx.Done():
	}
	select {
	case status := <-done:
		return status
	case <-time.After(grace):
		fmt.Fprintln(errs, interrupted)
		return exitInterrupted
	}
}

const interrupted = "galley: interrupted"

// run is the program. It returns the exit status.
func run(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	a := &app{in: in, out: newOutput(out), errs: errs}
	root := newRoot(a)
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(a.out)
	root.SetErr(errs)
	addCompletion(root)
	root.InitDefaultHelpCmd()
	if status, ran := external(ctx, root, args, in, out, errs); ran {
		return status
	}
	err := root.ExecuteContext(ctx)
	if err == nil {
		err = a.out.err
	}
	var usage *usageError
	switch {
	case err == nil:
		return exitDone
	case ctx.Err() != nil: // whatever it is that did not end well
		fmt.Fprintln(errs, interrupted)
		return exitInterrupted
	case errors.Is(err, errReported):
		return exitFailed
	case errors.As(err, &usage) || !a.started && a.out.err == nil:
		fmt.Fprintf(errs, "galley: %v\n", err)
		if usage != nil && usage.command != "" {
			fmt.Fprintf(errs, "See '%s --help'.\n", usage.command)
		}
		return exitUsage
	}
	fmt.Fprintf(errs, "galley: %s\n", counted(err.Error()))
	return exitFailed
}

// counted is a text with each run of equal lines as one line and their number.
func counted(text string) string {
	var lines []string
	times := 0
	flush := func() {
		if times > 1 {
			lines[len(lines)-1] += fmt.Sprintf(" (%d times)", times)
		}
	}
	for line := range strings.SplitSeq(text, "\n") {
		if times > 0 && lines[len(lines)-1] == line {
			times++
			continue
		}
		flush()
		lines, times = append(lines, line), 1
	}
	flush()
	return strings.Join(lines, "\n")
}

// errReported is the error of a verb that has said itself what failed.
var errReported = errors.New("failed")

// usageError is a wrong command line.
type usageError struct {
	command string // "" where it is not known
	err     error
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }
