package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/galley-db/galley/cmd/galley/internal/sheet"
	"github.com/galley-db/galley/internal/ownkey"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
)

func newBatches(a *app) *cobra.Command {
	var missing string
	var flags *rowFlags
	cmd := &cobra.Command{
		Use:   "batches FILE TABLE [--missing LIST] [-o FORM] [--wide]",
		Short: "List the batches of a table, or the missing keys of a list",
		Long: `List the keys of a table's batches, oldest first, with the number of rows and
the time of each. --missing reads keys from a file, one a line ("-" is standard
input), and prints the keys that are not stored: the work that is left. The exit
status is then 1 if a key is missing.`,
		Example: `  galley batches features.db aseg
  galley batches features.db aseg --missing sessions.txt`,
		Args: exactly("FILE", "TABLE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return reading(cmd.Context(), args[0], func(db *sqlite.DB) error {
				if _, err := described(cmd.Context(), db, args[1]); err != nil {
					return err
				}
				form, err := a.form(cmd, flags)
				if err != nil {
					return err
				}
				if cmd.Flags().Changed("missing") {
					if *flags != (rowFlags{}) {
						return wrong(cmd, "--missing prints keys, one a line; leave --format and --wide out")
					}
					return a.missing(cmd.Context(), db, args[1], missing)
				}
				return a.printRows(cmd.Context(), stored(db, args[1]), form, flags.wide)
			})
		},
	}
	cmd.Flags().StringVar(&missing, "missing", "", "print the keys, or names of imported files, in the file `LIST` that are not stored")
	flags = addRowFlags(cmd)
	return cmd
}

// stored lists the batches of a table.
func stored(db store.Backend, table string) *sheet.Rows {
	return sheet.List([]string{"key", "rows", "at"}, func(ctx context.Context, row func([]any) error) error {
		for b, err := range db.Batches(ctx, store.BatchFilter{Table: table}) {
			if err == nil {
				err = row([]any{b.Key, b.Rows, b.At.Format(millis)})
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// millis is the layout of a time in UTC.
const millis = "2006-01-02T15:04:05.000Z"

// missing prints the keys of a list that are not stored.
func (a *app) missing(ctx context.Context, db *sqlite.DB, table, list string) error {
	in := a.in
	if list != "-" {
		f, err := os.Open(list)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	have := map[string]bool{}
	for b, err := range db.Batches(ctx, store.BatchFilter{Table: table}) {
		if err != nil {
			return err
		}
		have[b.Key] = true
		have[ownkey.Asked(b.Key)] = true
	}
	absent, total := []string{}, 0
	s := bufio.NewScanner(in)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		key := strings.TrimSpace(s.Text())
		if key == "" {
			continue
		}
		total++
		if !have[key] {
			absent = append(absent, key)
		}
	}
	if err := s.Err(); err != nil {
		return err
	}
	if a.json {
		if err := a.printJSON(absent); err != nil {
			return err
		}
	} else if _, err := io.WriteString(a.out, lines(absent)); err != nil {
		return err
	}
	a.say("%d of %d keys are missing", len(absent), total)
	if len(absent) > 0 {
		return errReported
	}
	return nil
}

func lines(all []string) string {
	var b strings.Builder
	for _, line := range all {
		fmt.Fprintln(&b, line)
	}
	return b.String()
}
