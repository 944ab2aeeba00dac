package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/galley-db/galley/cmd/galley/internal/sheet"
	"github.com/galley-db/galley/store/sqlite"
)

func newRename(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "rename FILE TABLE NAME",
		Short: "Give a table another name",
		Long: `Give a table another name. Its rows, batches, rejected rows, history and indexes
stay with it, and views and triggers use the new name. Programs that write to the
old name then get an error, or create a table of that name when they open it.`,
		Args: exactly("FILE", "TABLE", "NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return writing(cmd.Context(), args[0], func(db *sqlite.DB) error {
				if _, err := described(cmd.Context(), db, args[1]); err != nil {
					return err
				}
				if err := db.Rename(cmd.Context(), args[1], args[2]); err != nil {
					return err
				}
				if a.json {
					return a.printJSON(map[string]string{"table": args[1], "name": args[2]})
				}
				fmt.Fprintf(a.out, "renamed %s to %s\n", sheet.Printable(args[1]), sheet.Printable(args[2]))
				return nil
			})
		},
	}
}
