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
	"syscall"
)

// The exit statuses.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// After the first Ctrl-C a second one ends the program at once.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is the program. It returns the exit status.
func run(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	a := &app{in: in, out: newOutput(out), errs: errs}
	root := newRoot(a)
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(a.out)
	root.SetErr(errs)
	err := root.ExecuteContext(ctx)
	if err == nil {
		err = a.out.err
	}
	var usage *usageError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errReported):
		return exitFailed
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		fmt.Fprintln(errs, "galley: interrupted")
		return exitInterrupted
	case errors.As(err, &usage) || !a.started && a.out.err == nil:
		fmt.Fprintf(errs, "galley: %v\n", err)
		if usage != nil && usage.command != "" {
			fmt.Fprintf(errs, "See '%s --help'.\n", usage.command)
		}
		return exitUsage
	}
	fmt.Fprintf(errs, "galley: %v\n", err)
	return exitFailed
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
