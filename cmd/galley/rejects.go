package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/galley-db/galley/cmd/galley/internal/sheet"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
)

func newRejects(a *app) *cobra.Command {
	var output string
	var flags *rowFlags
	var retry bool
	cmd := &cobra.Command{
		Use:   "rejects FILE [TABLE] [-o FORM | --output REJECTS | --retry] [--wide]",
		Short: "Show the rows that a table refused, write them to a file, or try them again",
		Long: `Show the rows that a table refused and put into quarantine: the key of their
batch, the row as JSON, the error and the time (UTC). Without TABLE, show how many
each table has.

--output with the name of a form prints them in that form. With another name it
writes them to REJECTS, a file of JSON Lines, or to standard output where REJECTS is
-. --retry stores the rows that the table now accepts, for example after a change of
its constraints, and removes them from quarantine, all in one transaction. The other
rows stay in quarantine, and the exit status is then 1.`,
		Example: `  galley rejects features.db
  galley rejects features.db aseg --output rejects.jsonl
  galley rejects features.db aseg --retry`,
		Args: between(1, "FILE", "TABLE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if slices.Contains(sheet.Forms, sheet.Form(output)) {
				flags.output, output = output, ""
			}
			as, err := a.form(cmd, flags)
			switch {
			case err != nil:
				return err
			case len(args) == 1 && (retry || output != ""):
				return wrong(cmd, "--output and --retry take a TABLE")
			case (retry || output != "") && *flags != (rowFlags{}):
				return wrong(cmd, "--format and --wide are for rows that are printed; leave them out with --retry or a file")
			case retry && output != "":
				return wrong(cmd, "--output and --retry exclude each other")
			}
			open := reading
			if retry {
				open = writing
			}
			return open(cmd.Context(), args[0], func(db *sqlite.DB) error {
				if len(args) == 1 {
					return a.rejectedTables(cmd.Context(), db, as, flags.wide)
				}
				s, err := described(cmd.Context(), db, args[1])
				if err != nil {
					return err
				}
				n, err := store.CountRejected(cmd.Context(), db, store.RejectedFilter{Table: s.Name()})
				if err != nil {
					return err
				}
				switch {
				case retry:
					return a.retry(cmd.Context(), db, s)
				case output != "":
					return a.writeRejects(cmd.Context(), db, s, output)
				case n == 0:
					a.say("%s has no rejected rows", sheet.Printable(s.Name()))
				}
				return a.printRejects(cmd.Context(), db, s, as, flags.wide)
			})
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "print the rows in a form ("+formList+"), or write them to the file `REJECTS` as JSON Lines (- is standard output)")
	cmd.Flags().BoolVar(&retry, "retry", false, "store the rows that the table now accepts")
	flags = addRowFlags(cmd)
	return cmd
}

func (a *app) rejectedTables(ctx context.Context, db *sqlite.DB, as sheet.Form, wide bool) error {
	tables, err := db.Tables(ctx)
	if err != nil {
		return err
	}
	var all [][]any
	for _, s := range tables {
		n, err := store.CountRejected(ctx, db, store.RejectedFilter{Table: s.Name()})
		if err != nil {
			return err
		}
		all = append(all, []any{s.Name(), n})
	}
	return a.printList(ctx, []string{"table", "rejected"}, all, as, wide)
}

func (a *app) printRejects(ctx context.Context, db store.Backend, s *schema.Schema, as sheet.Form, wide bool) error {
	rows := sheet.List([]string{"key", "row", "error", "at"}, func(ctx context.Context, row func([]any) error) error {
		return eachRejected(ctx, db, s, func(r store.RejectedRow) error {
			return row([]any{keyOrNull(r.Key), string(r.Row), r.Error, r.At.Format(millis)})
		})
	})
	return a.printRows(ctx, rows, as, wide)
}

func eachRejected(ctx context.Context, db store.Backend, s *schema.Schema, do func(store.RejectedRow) error) error {
	for r, err := range db.Rejected(ctx, store.RejectedFilter{Table: s.Name()}) {
		if err == nil {
			err = do(r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// keyOrNull is a key as it is printed, nil for a row without one.
func keyOrNull(key string) any {
	if key == "" {
		return nil
	}
	return key
}

// writeRejects writes the rows to a file, or to standard output for "-".
func (a *app) writeRejects(ctx context.Context, db store.Backend, s *schema.Schema, path string) error {
	if path == "-" {
		_, err := encodeRejects(ctx, db, s, a.out)
		return err
	}
	var n int64
	err := replaceFile(path, 0o600, func(to io.Writer) (err error) {
		n, err = encodeRejects(ctx, db, s, to)
		return err
	})
	if err == nil {
		a.say("wrote %s to %s", several(n, "row"), path)
	}
	return err
}

// encodeRejects writes the rows as JSON Lines, and returns their number.
func encodeRejects(ctx context.Context, db store.Backend, s *schema.Schema, to io.Writer) (n int64, err error) {
	e := json.NewEncoder(to)
	e.SetEscapeHTML(false)
	err = eachRejected(ctx, db, s, func(r store.RejectedRow) error {
		n++
		return e.Encode(map[string]any{"table": s.Name(), "key": keyOrNull(r.Key), "row": r.Row, "error": r.Error, "at": r.At.Format(millis)})
	})
	return n, err
}

func (a *app) retry(ctx context.Context, db *sqlite.DB, s *schema.Schema) error {
	res, err := db.Retry(ctx, s)
	if err != nil {
		return err
	}
	if a.json {
		err = a.printJSON(map[string]int64{"stored": res.Stored, "left": res.Left})
	} else {
		_, err = fmt.Fprintf(a.out, "stored %s; %d left\n", several(res.Stored, "row"), res.Left)
	}
	if err == nil && res.Left > 0 {
		err = errReported
	}
	return err
}
