package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newSample(a *app) *cobra.Command {
	cmd := a.someRows("sample", "Show random rows of a table", func(columns, table, number string, n int) string {
		return fmt.Sprintf("SELECT %s FROM %s WHERE %s IN (SELECT %[3]s FROM %[2]s ORDER BY random() LIMIT %[4]d) ORDER BY %[3]s", columns, table, number, n)
	})
	cmd.Long = `Show random rows of a table, in the order of the table. Each row has the same
chance, and each run shows a new sample. sample reads the whole table.`
	return cmd
}
