package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/galley-db/galley/export"
	"github.com/galley-db/galley/load"
	"github.com/galley-db/galley/store/sqlite"
)

func newImport(a *app) *cobra.Command {
	var opts load.Options
	var comma, reject string
	cmd := &cobra.Command{
		Use:   "import FILE TABLE SOURCE... [-j N] [--reject REJECTS]",
		Short: "Read CSV, JSON Lines or Parquet into a table",
		Long: `Read files into a table. import creates the database and the table if they are
missing, with column types that fit all values. Sources are files or patterns,
optionally compressed with gzip or zstd.

Each file is stored once, under its path as the batch's key, and whole or not at
all: run an interrupted import again, and it continues with the missing files.
import lists rows that it cannot read with file and line, and stores nothing of
their file. With --reject it writes such rows to a file of JSON Lines and stores
the others. The exit status is 1 if a file failed.`,
		Example: `  galley import covid.db regioni 'dati/dpc-*.csv' -j 4
  galley import features.db aseg rows.jsonl.gz --reject rejects.jsonl`,
		Args: between(3, "FILE", "TABLE", "SOURCE..."),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case opts.Workers < 1 || opts.Workers > 1024:
				return wrong(cmd, "-j %d: want 1 to 1024", opts.Workers)
			case comma == `\t`:
				opts.Comma = '\t'
			case len(comma) > 1:
				return wrong(cmd, "--delimiter %q: want one character", comma)
			case comma != "":
				opts.Comma = comma[0]
			}
			if opts.Format != "" {
				if _, err := export.ParseFormat(opts.Format); err != nil {
					return wrong(cmd, "--format %s: want parquet, csv or jsonl", opts.Format)
				}
			}
			opts.Table, opts.Sources = args[1], args[2:]
			finish, err := rejects(&opts, reject)
			if err != nil {
				return err
			}
			return opened(cmd.Context(), args[0], sqlite.Options{}, func(db *sqlite.DB) error {
				bar := a.bar("rows")
				opts.Progress = func(p load.Progress) {
					if p.Rows == 0 && p.Files == 0 && p.Looked > 0 {
						bar.at(p.Looked, -1, "looking at types")
						return
					}
					bar.at(p.Rows, -1, fmt.Sprintf("%d of %d files", p.Files, p.TotalFiles))
				}
				res, err := load.Load(cmd.Context(), db, opts)
				bar.end()
				if err = errors.Join(err, finish()); res == nil || err != nil {
					return err
				}
				return a.printImport(res)
			})
		},
	}
	flags := cmd.Flags()
	flags.IntVarP(&opts.Workers, "jobs", "j", 1, "read `N` files at once")
	flags.StringVarP(&opts.Format, "format", "f", "", "`FORMAT` of the sources: parquet, csv or jsonl (default by their names)")
	flags.StringVar(&comma, "delimiter", "", "`CHARACTER` between the fields of CSV (default a comma; a tab in .tsv)")
	flags.StringVar(&reject, "reject", "", "write rows that cannot be stored to `REJECTS`, and store the others")
	return cmd
}

// rejects makes the file of rows quarantined, and lets the import write to it.
func rejects(opts *load.Options, path string) (finish func() error, err error) {
	if path == "" {
		return func() error { return nil }, nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	e := json.NewEncoder(f)
	opts.Reject = func(b load.BadRow) error {
		return e.Encode(map[string]any{"file": b.File, "line": b.Line, "error": b.Err.Error(), "text": b.Text})
	}
	return func() error { return errors.Join(f.Sync(), f.Close()) }, nil
}

// importedFile is what became of a file, as --json prints it.
type importedFile struct {
	Path     string `json:"path"`
	Key      string `json:"key"`
	Stored   bool   `json:"stored"`
	Rows     int64  `json:"rows"`
	Rejected int64  `json:"rejected"`
	Error    string `json:"error,omitempty"`
}

func (a *app) printImport(res *load.Report) error {
	files, stored, skipped, rejected := []importedFile{}, 0, 0, int64(0)
	for _, f := range res.Files {
		out := importedFile{Path: f.Path, Key: f.Key, Stored: f.Applied, Rows: f.Rows, Rejected: f.Rejected}
		rejected += f.Rejected
		switch {
		case f.Err != nil:
			out.Error = f.Err.Error()
			a.printBad(a.errs, &f)
		case f.Applied:
			stored++
		default:
			skipped++
		}
		files = append(files, out)
	}
	if a.json {
		if err := a.printJSON(files); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(a.out, "%d files stored, %d skipped, %d failed; %d rows, %d rejected\n", stored, skipped, res.Failed(), res.Rows(), rejected)
	}
	if res.Failed() > 0 {
		return errReported
	}
	return nil
}

// printBad lists the bad rows of a file that failed.
func (a *app) printBad(w io.Writer, f *load.File) {
	if len(f.Bad) == 0 {
		fmt.Fprintf(w, "%s: %v\n", f.Path, f.Err)
		return
	}
	for _, b := range f.Bad {
		fmt.Fprintf(w, "%v\n", b)
	}
	if more := f.BadRows - int64(len(f.Bad)); more > 0 {
		fmt.Fprintf(w, "%s: and %d more\n", f.Path, more)
	}
	fmt.Fprintf(w, "%s: nothing of it is stored\n", f.Path)
}
