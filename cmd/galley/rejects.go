package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/galley-db/galley/cmd/galley/internal/sheet"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
)

func newRejects(a *app) *cobra.Command {
	var form, output string
	var retry bool
	cmd := &cobra.Command{
		Use:   "rejects FILE [TABLE] [--output REJECTS] [--retry] [--format table|json|jsonl|csv]",
		Short: "Show the rows that a table refused, write them to a file, or try them again",
		Long: `Show the rows that a table refused and put into quarantine: the key of their
batch, the row as JSON, the error and the time (UTC). Without TABLE, show how many
each table has.

--output writes them to REJECTS, a file of JSON Lines. --retry stores each row that the
table takes by now, as after a change of its constraints, and removes it from
quarantine, all in one transaction; the others stay. The exit status is 1 if some
stay.`,
		Example: `  galley rejects features.db
  galley rejects features.db aseg --output rejects.jsonl
  galley rejects features.db aseg --retry`,
		Args: between(1, "FILE", "TABLE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			as, err := a.form(cmd, form)
			switch {
			case err != nil:
				return err
			case len(args) == 1 && (retry || output != ""):
				return wrong(cmd, "--output and --retry take a TABLE")
			case retry && output != "":
				return wrong(cmd, "--output and --retry exclude each other")
			}
			open := reading
			if retry {
				open = writing
			}
			return open(cmd.Context(), args[0], func(db *sqlite.DB) error {
				if len(args) == 1 {
					return a.rejectedTables(cmd.Context(), db)
				}
				s, err := described(cmd.Context(), db, args[1])
				if err != nil {
					return err
				}
				n, err := rejectedRows(cmd.Context(), db, s)
				if err != nil {
					return err
				}
				switch {
				case retry:
					return a.retry(cmd.Context(), db, s)
				case output != "":
					return a.writeRejects(cmd.Context(), db, s, n, output)
				case n == 0:
					a.say("%s has no rejected rows", sheet.Printable(s.Name()))
				}
				return a.printRejects(cmd.Context(), db, s, n, as)
			})
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "write the rows to `REJECTS`, a file of JSON Lines")
	cmd.Flags().BoolVar(&retry, "retry", false, "store the rows that the table takes by now")
	cmd.Flags().StringVarP(&form, "format", "f", "", "`FORM` of the output: table, json, jsonl or csv (default table)")
	return cmd
}

// rejectedRows counts the rows in a table's quarantine.
func rejectedRows(ctx context.Context, db *sqlite.DB, s *schema.Schema) (int64, error) {
	name := s.Name() + store.RejectsSuffix
	known, err := one(ctx, db, `SELECT (SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?1)
		- (SELECT count(*) > 0 FROM galley_columns WHERE "table" = ?1)`, name) // a table of its own, by chance of that name
	if err != nil || known != int64(1) {
		return 0, err
	}
	n, err := one(ctx, db, "SELECT count(*) FROM "+schema.SQLite().Quote(name))
	count, _ := n.(int64)
	return count, err
}

func (a *app) rejectedTables(ctx context.Context, db *sqlite.DB) error {
	tables, err := db.Tables(ctx)
	if err != nil {
		return err
	}
	type row struct {
		Table    string `json:"table"`
		Rejected int64  `json:"rejected"`
	}
	all := []row{}
	for _, s := range tables {
		n, err := rejectedRows(ctx, db, s)
		if err != nil {
			return err
		}
		all = append(all, row{s.Name(), n})
	}
	if a.json {
		return a.printJSON(all)
	}
	t := a.table([]string{"table", "rejected"}, 1)
	for _, r := range all {
		if err := t.Add(sheet.Printable(r.Table), fmt.Sprint(r.Rejected)); err != nil {
			return err
		}
	}
	return t.Flush()
}

// rejectsSQL lists a quarantine of n rows, which need not exist where n is 0.
func rejectsSQL(s *schema.Schema, n int64) string {
	if n == 0 {
		return "SELECT NULL AS key, NULL AS row, NULL AS error, NULL AS at LIMIT 0"
	}
	return "SELECT key, row, error, strftime('%Y-%m-%dT%H:%M:%fZ', at / 1e6, 'unixepoch') AS at FROM " +
		schema.SQLite().Quote(s.Name()+store.RejectsSuffix) + " ORDER BY id"
}

func (a *app) printRejects(ctx context.Context, db *sqlite.DB, s *schema.Schema, n int64, as sheet.Form) error {
	rows, err := sheet.Query(ctx, db, rejectsSQL(s, n))
	if err != nil {
		return err
	}
	return rows.Print(ctx, a.out, as, a.bold)
}

// writeRejects writes the rows beside path and then renames the file, so that
// it is whole.
func (a *app) writeRejects(ctx context.Context, db *sqlite.DB, s *schema.Schema, n int64, path string) (err error) {
	rows, err := sheet.Query(ctx, db, rejectsSQL(s, n))
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	e := json.NewEncoder(f)
	e.SetEscapeHTML(false)
	err = rows.Each(ctx, func(v []any) error {
		text, _ := v[1].(string)
		return e.Encode(map[string]any{"table": s.Name(), "key": v[0], "row": json.RawMessage(text), "error": v[2], "at": v[3]})
	})
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	a.say("wrote %s to %s", several(n, "row"), path)
	return nil
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
