package main

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/galley-db/galley/cmd/galley/internal/sheet"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store/sqlite"
)

func newSchema(a *app) *cobra.Command {
	var ddl, postgres bool
	var flags *rowFlags
	cmd := &cobra.Command{
		Use:   "schema FILE [TABLE...] [--sql | --postgres | -o FORM]",
		Short: "Show the columns of tables, with types and units",
		Long: `Show the columns of some tables, or of all, with galley's types and units, which
are more specific than SQL's. --sql prints the statements that create the
tables, --postgres those for PostgreSQL.`,
		Args: between(1, "FILE", "TABLE..."),
		RunE: func(cmd *cobra.Command, args []string) error {
			if ddl && postgres {
				return wrong(cmd, "--sql and --postgres exclude each other")
			}
			form, err := a.form(cmd, flags)
			if err != nil {
				return err
			}
			if (ddl || postgres) && (form != sheet.AsTable || flags.wide) {
				return wrong(cmd, "--sql and --postgres print statements, and exclude the forms of rows")
			}
			return a.readingAny(cmd.Context(), args[0], func(db *sqlite.DB) error {
				var tables []*schema.Schema
				unread := 0
				for _, name := range args[1:] {
					s, err := described(cmd.Context(), db, name)
					if err != nil {
						return err
					}
					tables = append(tables, s)
				}
				if len(args) == 1 {
					var err error
					if tables, unread, err = a.readable(cmd.Context(), db); err != nil {
						return err
					}
				}
				switch {
				case a.json && form == sheet.AsJSON:
					err = a.printJSON(schemasOf(tables))
				case form != sheet.AsTable || flags.wide:
					err = a.printList(cmd.Context(), append([]string{"table"}, columnHeads...), columnsOf(tables), form, flags.wide)
				case postgres:
					err = a.printDDL(tables, schema.Postgres())
				case ddl:
					err = a.printDDL(tables, schema.SQLite())
				default:
					err = a.printSchemas(tables)
				}
				return cmp.Or(err, leftOut(unread))
			})
		},
	}
	cmd.Flags().BoolVar(&ddl, "sql", false, "print the statements that create the tables")
	cmd.Flags().BoolVar(&postgres, "postgres", false, "print the statements for PostgreSQL")
	flags = addRowFlags(cmd)
	return cmd
}

// columnHeads name what is shown of a column.
var columnHeads = []string{"column", "type", "SQL", "properties"}

func columnTexts(c *schema.Column) []string {
	kind, rest, _ := strings.Cut(c.Spec(), " ")
	return []string{c.Name, kind, schema.SQLite().Type(*c), rest}
}

// columnsOf are the columns of all tables as rows, with the table's name.
func columnsOf(tables []*schema.Schema) (rows [][]any) {
	for _, s := range tables {
		for _, c := range s.Columns() {
			row := []any{s.Name()}
			for _, text := range columnTexts(&c) {
				row = append(row, text)
			}
			rows = append(rows, row)
		}
	}
	return rows
}

type tableSchema struct {
	Table       string         `json:"table"`
	Fingerprint string         `json:"fingerprint"`
	Key         []string       `json:"key"`
	Columns     []columnSchema `json:"columns"`
}

type columnSchema struct {
	Name string `json:"name"`
	Spec string `json:"spec"`
	Type string `json:"type"`
	SQL  string `json:"sql"`
	Null bool   `json:"null"`
}

func schemasOf(tables []*schema.Schema) []tableSchema {
	all := []tableSchema{}
	for _, s := range tables {
		t := tableSchema{Table: s.Name(), Fingerprint: s.Fingerprint(), Key: append([]string{}, s.Key()...)}
		for _, c := range s.Columns() {
			t.Columns = append(t.Columns, columnSchema{c.Name, c.Spec(), c.Type.String(), schema.SQLite().Type(c), c.Nullable})
		}
		all = append(all, t)
	}
	return all
}

func (a *app) printSchemas(tables []*schema.Schema) error {
	for i, s := range tables {
		if i > 0 {
			fmt.Fprintln(a.out)
		}
		fmt.Fprintf(a.out, "table %s, fingerprint %s\n", sheet.Printable(s.Name()), s.Fingerprint())
		t := a.table(columnHeads)
		for _, c := range s.Columns() {
			texts := columnTexts(&c)
			texts[0] = sheet.Printable(c.Name)
			if err := t.Add(texts...); err != nil {
				return err
			}
		}
		if err := t.Flush(); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) printDDL(tables []*schema.Schema, d schema.Dialect) error {
	for _, s := range tables {
		for _, statement := range s.CreateTable(d) {
			if _, err := fmt.Fprintf(a.out, "%s;\n", statement); err != nil {
				return err
			}
		}
	}
	return nil
}
