package peer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/galley-db/galley/bench/row"
)

// args are the arguments of a command: fixed ones, then the statements that a new
// connection runs.
func (o Order) args() []string {
	k := o.File.Kind
	args := []string{
		string(o.Task), o.File.Path, o.Source, k.Types(), strconv.Itoa(o.Batch),
		strconv.Itoa(o.Workers), strconv.Itoa(k.Summed()), k.Insert(), k.Select(), k.Names(),
		strconv.Itoa(len(o.File.Settings.Pragmas())),
	}
	return append(args, o.File.setup()...)
}

// run runs a program with the order's words behind its own, and reads its
// answer: a line of nanoseconds, rows and sum.
func run(ctx context.Context, o Order, command ...string) (time.Duration, row.Tally, error) {
	cmd := exec.CommandContext(ctx, command[0], append(command[1:], o.args()...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return 0, row.Tally{}, fmt.Errorf("%s: %w: %s", command[0], err, bytes.TrimSpace(stderr.Bytes()))
	}
	var ns int64
	var t row.Tally
	if _, err := fmt.Sscan(string(out), &ns, &t.Rows, &t.Sum); err != nil {
		return 0, t, fmt.Errorf("%s answered %q: %w", command[0], out, err)
	}
	return time.Duration(ns), t, nil
}

// installed looks for a command.
func installed(name string) error {
	if _, err := exec.LookPath(name); err != nil {
		return errors.Join(ErrMissing, err)
	}
	return nil
}

// answers runs a short command and returns what it prints.
func answers(ctx context.Context, command ...string) (string, error) {
	out, err := exec.CommandContext(ctx, command[0], command[1:]...).Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return "", fmt.Errorf("%w: %s", err, lastLine(exit.Stderr))
	}
	return strings.TrimSpace(string(out)), err
}

func lastLine(b []byte) string {
	b = bytes.TrimSpace(b)
	return string(b[bytes.LastIndexByte(b, '\n')+1:])
}
