package peer

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/galley-db/galley/bench/row"
)

//go:embed executemany.py
var executemany string

// pythonPeer is Python's sqlite3 module.
type pythonPeer struct{}

func (pythonPeer) Name() string { return "python" }
func (pythonPeer) About() string {
	return "Python's sqlite3, executemany, a transaction a batch"
}

func (pythonPeer) Check(ctx context.Context) error {
	return pythonRuns(ctx, "import sqlite3; assert sqlite3.sqlite_version_info >= (3, 37), 'SQLite is older than STRICT tables'")
}

func (pythonPeer) Does(t Task) bool { return t == Bulk || t == Read }

func (pythonPeer) Run(ctx context.Context, o Order) (time.Duration, row.Tally, error) {
	return run(ctx, o, python(), "-c", executemany)
}

// python is the interpreter: $PYTHON, or python3.
func python() string {
	if p := os.Getenv("PYTHON"); p != "" {
		return p
	}
	return "python3"
}

// pythonRuns returns an ErrMissing unless the code runs.
func pythonRuns(ctx context.Context, code string) error {
	if err := installed(python()); err != nil {
		return err
	}
	if _, err := answers(ctx, python(), "-c", code); err != nil {
		return errors.Join(ErrMissing, fmt.Errorf("%s: %w", python(), err))
	}
	return nil
}
