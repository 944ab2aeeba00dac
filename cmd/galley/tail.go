package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newTail(a *app) *cobra.Command {
	return a.someRows("tail", "Show the last rows of a table", func(columns, table, number string, n int) string {
		return fmt.Sprintf("SELECT %s FROM %s WHERE %s IN (SELECT %[3]s FROM %[2]s ORDER BY %[3]s DESC LIMIT %[4]d) ORDER BY %[3]s", columns, table, number, n)
	})
}
