package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/galley-db/galley/cmd/galley/internal/sheet"
	"github.com/galley-db/galley/store"
)

func newQuery(a *app) *cobra.Command {
	var form string
	cmd := &cobra.Command{
		Use:   "query FILE SQL [ARG...] [--format table|json|jsonl|csv]",
		Short: "Run a SELECT",
		Long: `Run a SELECT and print its rows as they come. SQL is read from standard input
where it is "-". Each ? in it takes one of the arguments, as text. The file is
opened for reading alone: nothing can be changed.`,
		Example: `  galley query features.db 'SELECT struct_name, avg(volume_mm3) FROM aseg GROUP BY 1'
  galley query features.db 'SELECT * FROM aseg WHERE subject = ?' sub-01 --format csv`,
		Args: between(2, "FILE", "SQL", "ARG..."),
		RunE: func(cmd *cobra.Command, args []string) error {
			sql := args[1]
			if sql == "-" {
				text, err := io.ReadAll(io.LimitReader(a.in, 1<<20))
				if err != nil {
					return err
				}
				sql = string(text)
			}
			var values []any
			for _, arg := range args[2:] {
				values = append(values, arg)
			}
			as, err := a.form(cmd, form)
			if err != nil {
				return err
			}
			return reading(cmd.Context(), args[0], func(db *store.DB) error {
				rows, err := sheet.Query(cmd.Context(), db, sql, values...)
				if err != nil {
					return misnamed(cmd.Context(), db, err)
				}
				return rows.Print(cmd.Context(), a.out, as, a.bold)
			})
		},
	}
	cmd.Flags().StringVarP(&form, "format", "f", "", "`FORM` of the output: table, json, jsonl or csv (default table)")
	return cmd
}

// form is how rows are printed.
func (a *app) form(cmd *cobra.Command, name string) (sheet.Form, error) {
	switch f := sheet.Form(name); {
	case name == "" && a.json:
		return sheet.AsJSON, nil
	case name == "":
		return sheet.AsTable, nil
	case a.json && f != sheet.AsJSON && f != sheet.AsLines:
		return "", wrong(cmd, "--json and --format %s exclude each other", name)
	case f == sheet.AsTable, f == sheet.AsJSON, f == sheet.AsLines, f == sheet.AsCSV:
		return f, nil
	}
	return "", wrong(cmd, "--format %s: want table, json, jsonl or csv", name)
}
