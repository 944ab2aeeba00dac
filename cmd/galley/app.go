package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"github.com/galley-db/galley/internal/sheet"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// app is what all verbs share.
type app struct {
	in        io.Reader
	out, errs io.Writer
	json      bool

	started bool // the command line was understood
	bold    bool // standard output is a terminal that may be coloured
	live    bool // standard error is a terminal
}

// begin is called when the command line was understood.
func (a *app) begin() {
	a.started = true
	a.bold = terminal(a.out) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	a.live = terminal(a.errs) && os.Getenv("TERM") != "dumb"
}

func terminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// say prints a line of progress or of a result that is no data.
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
	return sheet.NewTable(a.out, a.bold, names, align)
}

// reading opens a file for reading alone and hands it to do.
func reading(ctx context.Context, path string, do func(*store.DB) error) error {
	return opened(ctx, path, store.Options{ReadOnly: true}, do)
}

// writing opens a file that is there.
func writing(ctx context.Context, path string, do func(*store.DB) error) error {
	if _, err := os.Stat(path); err != nil {
		return err
	}
	return opened(ctx, path, store.Options{}, do)
}

func opened(ctx context.Context, path string, opts store.Options, do func(*store.DB) error) error {
	db, err := store.Open(ctx, path, opts)
	if err != nil {
		return err
	}
	err = do(db)
	return errors.Join(err, db.Close())
}

// described finds a table of a file.
func described(ctx context.Context, db *store.DB, name string) (*schema.Schema, error) {
	s, err := db.Describe(ctx, name)
	if err != nil || s != nil {
		return s, err
	}
	tables, err := db.Tables(ctx)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = t.Name()
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("there is no table %q; the file has none", name)
	}
	return nil, fmt.Errorf("there is no table %q; the file has %s", name, list(names))
}

// list is a list of names for people.
func list(names []string) string {
	s := ""
	for i, name := range names {
		switch {
		case i > 0 && i == len(names)-1:
			s += " and "
		case i > 0:
			s += ", "
		}
		s += sheet.Printable(name)
	}
	return s
}
