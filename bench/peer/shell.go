package peer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/galley-db/galley/bench/row"
)

// shellPeer is SQLite's shell, as people use it for files of CSV: its defaults, one
// transaction, each value a text.
type shellPeer struct{}

func (shellPeer) Name() string { return "sqlite3" }
func (shellPeer) About() string {
	return "SQLite's shell: .import of CSV, all columns text, and -csv; its defaults"
}
func (shellPeer) Check(context.Context) error { return installed("sqlite3") }
func (shellPeer) Imports(format Format) bool  { return format == CSV }
func (shellPeer) Exports(format Format) bool  { return format == CSV }

func (shellPeer) Import(ctx context.Context, f File, _ Format, path string) (time.Duration, error) {
	return timed(exec.CommandContext(ctx, "sqlite3", f.Path, ".mode csv", fmt.Sprintf(".import %q %s", path, row.Table)))
}

func (shellPeer) Export(ctx context.Context, f File, _ Format, path string) (_ time.Duration, err error) {
	out, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	cmd := exec.CommandContext(ctx, "sqlite3", "-readonly", "-csv", "-header", f.Path, row.A.Select())
	cmd.Stdout = out
	return timed(cmd)
}

// utilsPeer is the command sqlite-utils.
type utilsPeer struct{}

func (utilsPeer) Name() string { return "sqlite-utils" }
func (utilsPeer) About() string {
	return "sqlite-utils insert of CSV, which finds types, too"
}
func (utilsPeer) Check(context.Context) error { return installed("sqlite-utils") }
func (utilsPeer) Imports(format Format) bool  { return format == CSV }

func (utilsPeer) Import(ctx context.Context, f File, _ Format, path string) (time.Duration, error) {
	return timed(exec.CommandContext(ctx, "sqlite-utils", "insert", f.Path, row.Table, path, "--csv", "--detect-types"))
}

// timed returns how long a program runs.
func timed(cmd *exec.Cmd) (time.Duration, error) {
	var complaint strings.Builder
	cmd.Stderr = &complaint
	start := time.Now()
	err := cmd.Run()
	spent := time.Since(start)
	if err == nil && complaint.Len() > 0 { // .import goes on behind a row that it does not store
		err = errors.New("it complained")
	}
	if err != nil {
		err = fmt.Errorf("%s: %w: %s", cmd.Path, err, complaint.String())
	}
	return spent, err
}
