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
	return a.someRows("head", "Show the first rows of a table", func(columns, table, number string, n int) string {
		return fmt.Sprintf("SELECT %s FROM %s ORDER BY %s LIMIT %d", columns, table, number, n)
	})
}

// someRows is a verb that shows n rows of a table. sql is its query, of quoted
// names; number is the name of the row's number.
func (a *app) someRows(name, short string, sql func(columns, table, number string, n int) string) *cobra.Command {
	var flags *rowFlags
	var rows int
	cmd := &cobra.Command{
		Use:   name + " FILE TABLE [-n N] [-o FORM] [--wide]",
		Short: short,
		Args:  exactly("FILE", "TABLE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if rows < 0 {
				return wrong(cmd, "-n %d: want 0 or more", rows)
			}
			as, err := a.form(cmd, flags)
			if err != nil {
				return err
			}
			open := a.readingAny
			if name != "head" {
				open = reading // the last rows are those with the highest numbers
			}
			return open(cmd.Context(), args[0], func(db *sqlite.DB) error {
				order := func(s *schema.Schema) string { return sheet.RowNumber(s) }
				if db.Foreign() { // views have no numbers of rows
					order = func(*schema.Schema) string { return "NULL" }
				}
				s, err := described(cmd.Context(), db, args[1])
				if err != nil {
					return err
				}
				var names []string
				for _, c := range s.Columns() {
					names = append(names, schema.SQLite().Quote(c.Name))
				}
				result, err := sheet.Query(cmd.Context(), db, sql(strings.Join(names, ", "), schema.SQLite().Quote(s.Name()), order(s), rows))
				if err != nil {
					return err
				}
				return a.printRows(cmd.Context(), result, as, flags.wide)
			})
		},
	}
	cmd.Flags().IntVarP(&rows, "rows", "n", 10, "show `N` rows")
	flags = addRowFlags(cmd)
	return cmd
}
