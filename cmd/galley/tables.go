package main

import (
	"cmp"

	"github.com/spf13/cobra"

	"github.com/galley-db/galley/cmd/galley/internal/sheet"
	"github.com/galley-db/galley/store/sqlite"
)

func newTables(a *app) *cobra.Command {
	var flags *rowFlags
	cmd := &cobra.Command{
		Use:   "tables FILE [-o FORM] [--wide]",
		Short: "List the tables with their rows, batches and rejected rows",
		Long: `List the tables of a database with their rows, batches and rejected rows.

tables, schema, head, query, profile and export also read SQLite files that other
programs have written, as they are, and say so on standard error. A column has
its declared type if its values fit it; otherwise the values determine the type. tables
and schema leave out a table that cannot be read, name it, and exit with status 1.`,
		Args: exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.readingAny(cmd.Context(), args[0], func(db *sqlite.DB) error {
				form, err := a.form(cmd, flags)
				if err != nil {
					return err
				}
				tables, unread, err := a.readable(cmd.Context(), db)
				if err != nil {
					return err
				}
				rows := []tableStatus{}
				for _, t := range tables {
					row, there, err := tableStatusOf(cmd.Context(), db, t)
					if err != nil {
						return err
					}
					if there {
						rows = append(rows, row)
					}
				}
				if a.json && form == sheet.AsJSON {
					return cmp.Or(a.printJSON(rows), leftOut(unread))
				}
				var list [][]any
				for _, row := range rows {
					list = append(list, []any{row.Name, int64(row.Columns), row.Rows, row.Batches, row.Rejected})
				}
				return cmp.Or(a.printList(cmd.Context(), []string{"table", "columns", "rows", "batches", "rejected"}, list, form, flags.wide), leftOut(unread))
			})
		},
	}
	flags = addRowFlags(cmd)
	return cmd
}
