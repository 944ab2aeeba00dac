package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/galley-db/galley/cmd/galley/internal/sheet"
	"github.com/galley-db/galley/store/sqlite"
)

func newQuery(a *app) *cobra.Command {
	var params []string
	var flags *rowFlags
	cmd := &cobra.Command{
		Use:   "query FILE SQL [ARG...] [--param NAME=VALUE]... [-o FORM] [--wide]",
		Short: "Run a SELECT",
		Long: `Run a SELECT and print its rows as they arrive. With "-" as SQL, query reads it
from standard input. The file is opened read-only: nothing can be changed.

Each ? in the SQL takes one of the arguments, and :name takes the value of
--param name=VALUE. A value that is a number as JSON writes it (5, -0.5, 1e6)
is a number; any other value is text, including 007 and +5. To set the type,
write --param name:TYPE=VALUE, where TYPE is text, int, real, bool, blob (in
hex) or null. Put -- before arguments that begin with a minus sign.`,
		Example: `  galley query features.db 'SELECT struct_name, avg(volume_mm3) FROM aseg GROUP BY 1'
  galley query features.db 'SELECT * FROM aseg WHERE subject = ?' sub-01 -o csv
  galley query features.db 'SELECT subject, count(*) FROM aseg GROUP BY 1 HAVING count(*) > :n' --param n=40
  galley query features.db 'SELECT * FROM aseg WHERE subject = :s' --param s:text=601`,
		Args: between(2, "FILE", "SQL", "ARG..."),
		RunE: func(cmd *cobra.Command, args []string) error {
			sql := args[1]
			if sql == "-" {
				text, err := a.sql()
				if err != nil {
					return err
				}
				sql = text
			}
			sql, values, err := arguments(cmd, sql, args[2:], params)
			if err != nil {
				return err
			}
			as, err := a.form(cmd, flags)
			if err != nil {
				return err
			}
			return a.readingAny(cmd.Context(), args[0], func(db *sqlite.DB) error {
				rows, err := sheet.Query(cmd.Context(), db, sql, values...)
				if err != nil {
					return misnamed(cmd.Context(), db, err)
				}
				return a.printRows(cmd.Context(), rows, as, flags.wide)
			})
		},
	}
	flags = addRowFlags(cmd)
	cmd.Flags().StringArrayVarP(&params, "param", "p", nil, "`NAME=VALUE` or NAME:TYPE=VALUE: the value of :NAME in the SQL")
	return cmd
}

// maxSQL is how long SQL from standard input may be, which is SQLite's limit.
const maxSQL = 1_000_000

// sql reads SQL from standard input.
func (a *app) sql() (string, error) {
	text, err := io.ReadAll(io.LimitReader(a.in, maxSQL+1))
	if err == nil && len(text) > maxSQL {
		err = fmt.Errorf("the SQL on standard input is longer than %d bytes", maxSQL)
	}
	return string(text), err
}

// arguments returns the SQL and the values of its parameters.
func arguments(cmd *cobra.Command, sql string, args, params []string) (string, []any, error) {
	var values []any
	for i, arg := range args {
		v, err := sheet.Argument(arg)
		if err != nil {
			return "", nil, wrong(cmd, "argument %d: %v", i+1, err)
		}
		values = append(values, v)
	}
	named := map[string]any{}
	for _, param := range params {
		name, text, ok := strings.Cut(param, "=")
		if !ok {
			return "", nil, wrong(cmd, "--param %s: want NAME=VALUE or NAME:TYPE=VALUE", param)
		}
		name, kind, typed := strings.Cut(strings.TrimLeft(name, ":@$"), ":")
		if _, again := named[name]; name == "" || again {
			return "", nil, wrong(cmd, "--param %s: the name is empty, or has a value already", param)
		}
		var v any
		var err error
		if typed {
			v, err = sheet.TypedArgument(kind, text)
		} else {
			v, err = sheet.Argument(text)
		}
		if err != nil {
			return "", nil, wrong(cmd, "--param %s: %v", param, err)
		}
		named[name] = v
	}
	sql, bound, err := sheet.Bind(sql, values, named)
	if err != nil {
		return "", nil, wrong(cmd, "%v", err)
	}
	return sql, bound, nil
}
