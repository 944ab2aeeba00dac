package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/galley-db/galley/cmd/galley/internal/sheet"
	"github.com/galley-db/galley/store/sqlite"
)

func newDrop(a *app) *cobra.Command {
	var yes, rejected bool
	cmd := &cobra.Command{
		Use:   "drop FILE TABLE [--yes] [--rejected]",
		Short: "Remove a table with its rows and batches",
		Long: `Remove a table with its rows, its batches and its rejected rows, in one
transaction. A table with rejected rows is kept unless --rejected is given, as
they are stored nowhere else. A table that a view, a trigger or another table
needs is kept. "galley vacuum" returns the space to the disk.`,
		Args: exactly("FILE", "TABLE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return writing(cmd.Context(), args[0], func(db *sqlite.DB) error {
				s, err := described(cmd.Context(), db, args[1])
				if err != nil {
					return err
				}
				t, err := readStatus(cmd.Context(), db, s)
				if err != nil {
					return err
				}
				if t.Rejected > 0 && !rejected {
					return fmt.Errorf("table %s has %s; see galley rejects, or drop them too with --rejected", sheet.Printable(t.Name), several(t.Rejected, "rejected row"))
				}
				if !yes && !a.confirm("%s has %s in %s. Remove it? [y/N]", sheet.Printable(t.Name), several(t.Rows, "row"), several(t.Batches, "batch")) {
					return errReported
				}
				rows, err := db.Drop(cmd.Context(), t.Name)
				if err != nil {
					return err
				}
				if a.json {
					return a.printJSON(map[string]any{"table": t.Name, "rows": rows, "rejected": t.Rejected})
				}
				fmt.Fprintf(a.out, "removed %s with %s\n", sheet.Printable(t.Name), several(rows, "row"))
				return nil
			})
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	cmd.Flags().BoolVar(&rejected, "rejected", false, "remove rejected rows too")
	return cmd
}
