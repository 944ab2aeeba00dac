package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/galley-db/galley/cmd/galley/internal/sheet"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
)

// app is what all verbs share.
type app struct {
	in   io.Reader
	out  *output
	errs io.Writer
	json bool

	started bool // the command line was understood
	bold    bool // standard output is a terminal that may be colored
	live    bool // standard error is a terminal
}

// begin is called when the command line was understood.
func (a *app) begin() {
	a.started = true
	a.bold = a.out.terminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	a.live = terminal(a.errs) && os.Getenv("TERM") != "dumb"
}

// say prints a line of progress or of a result other than data.
func (a *app) say(format string, args ...any) { fmt.Fprintf(a.errs, format+"\n", args...) }

// printJSON prints a value as JSON.
func (a *app) printJSON(v any) error {
	e := json.NewEncoder(a.out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// table begins a table on standard output.
func (a *app) table(names []string, right ...int) *sheet.Table {
	align := make([]bool, len(names))
	for _, i := range right {
		align[i] = true
	}
	return sheet.NewTable(a.out, sheet.Style{Bold: a.bold, Width: a.out.width()}, names, align)
}

// reading opens a file read-only and hands it to do.
func reading(ctx context.Context, path string, do func(*sqlite.DB) error) error {
	return opened(ctx, path, sqlite.Options{ReadOnly: true}, do)
}

// readingAny is reading for a verb that also reads SQLite files of other programs.
func (a *app) readingAny(ctx context.Context, path string, do func(*sqlite.DB) error) error {
	db, err := a.openAny(ctx, path)
	if err != nil {
		return err
	}
	err = do(db)
	return errors.Join(err, db.Close())
}

// openAny opens a file read-only, also one of another program.
func (a *app) openAny(ctx context.Context, path string) (*sqlite.DB, error) {
	if err := there(path); err != nil {
		return nil, err
	}
	db, err := sqlite.Open(ctx, path, sqlite.Options{ReadOnly: true})
	if errors.Is(err, store.ErrNotGalley) {
		foreign, foreignErr := sqlite.OpenForeign(ctx, path, sqlite.Options{})
		switch {
		case foreignErr == nil:
			a.say("galley: %s is not a galley file; it is read as it is", path)
			db, err = foreign, nil
		case !errors.Is(foreignErr, store.ErrNotGalley):
			err = foreignErr
		}
	}
	return db, err
}

// writing opens a file that exists.
func writing(ctx context.Context, path string, do func(*sqlite.DB) error) error {
	if err := there(path); err != nil {
		return err
	}
	return opened(ctx, path, sqlite.Options{}, do)
}

func opened(ctx context.Context, path string, opts sqlite.Options, do func(*sqlite.DB) error) error {
	if opts.ReadOnly {
		if err := there(path); err != nil {
			return err
		}
	}
	db, err := sqlite.Open(ctx, path, opts)
	if err != nil {
		return err
	}
	err = do(db)
	return errors.Join(err, db.Close())
}

// there is an error where no file is.
func there(path string) error {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("file %s does not exist; check the path: %w", path, fs.ErrNotExist)
	}
	return err
}
