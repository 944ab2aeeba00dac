package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/galley-db/galley/cmd/galley/internal/sheet"
	"github.com/galley-db/galley/store/sqlite"
)

func newTables(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "tables FILE",
		Short: "List the tables with their rows, batches and rejected rows",
		Args:  exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return reading(cmd.Context(), args[0], func(db *sqlite.DB) error {
				tables, err := db.Tables(cmd.Context())
				if err != nil {
					return err
				}
				rows := []tableStatus{}
				for _, t := range tables {
					row, err := tableStatusOf(cmd.Context(), db, t)
					if err != nil {
						return err
					}
					rows = append(rows, row)
				}
				if a.json {
					return a.printJSON(rows)
				}
				t := a.table([]string{"table", "columns", "rows", "batches", "rejected"}, 1, 2, 3, 4)
				for _, row := range rows {
					if err := t.Add(sheet.Printable(row.Name), fmt.Sprint(row.Columns), fmt.Sprint(row.Rows), fmt.Sprint(row.Batches), fmt.Sprint(row.Rejected)); err != nil {
						return err
					}
				}
				return t.Flush()
			})
		},
	}
}
