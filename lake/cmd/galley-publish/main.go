// Galley-publish publishes the tables of a galley file to Apache Iceberg, each row
// once. Where it is installed, galley publish runs it.
//
//	go install github.com/galley-db/galley/lake/cmd/galley-publish@latest
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

// The exit statuses are those of galley.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program. It returns the exit status.
func run(ctx context.Context, args []string, out, errs io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errs)
	err := root.ExecuteContext(ctx)
	var usage *usageError
	switch {
	case err == nil:
		return exitDone
	case ctx.Err() != nil:
		fmt.Fprintln(errs, "galley-publish: interrupted; the next publish continues where the last commit ended")
		return exitInterrupted
	case errors.As(err, &usage):
		fmt.Fprintf(errs, "galley-publish: %v\nSee 'galley-publish --help'.\n", err)
		return exitUsage
	}
	fmt.Fprintf(errs, "galley-publish: %v\n", err)
	return exitFailed
}

// usageError is a wrong command line.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func wrong(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }
