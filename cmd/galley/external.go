package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"

	"github.com/spf13/cobra"
)

// externalName is a verb that a program of its own may have: galley-VERB.
var externalName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)

// external runs galley-VERB from PATH for a verb that galley does not have, with the
// arguments behind the verb, and returns its exit status. It reports false if the
// command line is galley's own, or no such program exists.
func external(ctx context.Context, root *cobra.Command, args []string, in io.Reader, out, errs io.Writer) (status int, ran bool) {
	if len(args) == 0 || !externalName.MatchString(args[0]) || args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd {
		return 0, false
	}
	if own, _, err := root.Find(args); err == nil && own != root {
		return 0, false
	}
	program, err := exec.LookPath("galley-" + args[0])
	if err != nil {
		return 0, false
	}
	cmd := exec.CommandContext(ctx, program, args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, out, errs
	// The program ends by itself, as after a Ctrl-C of a terminal, which it gets too.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return exitDone, true
	case ctx.Err() != nil:
		return exitInterrupted, true
	case errors.As(err, &exit) && exit.ExitCode() >= 0:
		return exit.ExitCode(), true
	}
	fmt.Fprintf(errs, "galley: %s: %v\n", program, err)
	return exitFailed, true
}
