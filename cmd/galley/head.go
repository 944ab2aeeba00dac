package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/galley-db/galley/cmd/galley/internal/sheet"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store/sqlite"
)

func newHead(a *app) *cobra.Command {
	var form string
	var rows int
	cmd := &cobra.Command{
		Use:   "head FILE TABLE [-n N] [--format table|json|jsonl|csv]",
		Short: "Show the first rows of a table",
		Args:  exactly("FILE", "TABLE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if rows < 0 {
				return wrong(cmd, "-n %d: want 0 or more", rows)
			}
			as, err := a.form(cmd, form)
			if err != nil {
				return err
			}
			return reading(cmd.Context(), args[0], func(db *sqlite.DB) error {
				s, err := described(cmd.Context(), db, args[1])
				if err != nil {
					return err
				}
				var names []string
				for _, c := range s.Columns() {
					names = append(names, schema.SQLite().Quote(c.Name))
				}
				sql := fmt.Sprintf("SELECT %s FROM %s LIMIT %d", strings.Join(names, ", "), schema.SQLite().Quote(s.Name()), rows)
				result, err := sheet.Query(cmd.Context(), db, sql)
				if err != nil {
					return err
				}
				return result.Print(cmd.Context(), a.out, as, a.bold)
			})
		},
	}
	cmd.Flags().IntVarP(&rows, "rows", "n", 10, "show `N` rows")
	cmd.Flags().StringVarP(&form, "format", "f", "", "`FORM` of the output: table, json, jsonl or csv (default table)")
	return cmd
}
