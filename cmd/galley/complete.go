package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/galley-db/galley/store/sqlite"
)

// completer proposes arguments to a shell: the tables of the file that was
// named where the verb's usage has a table, and files elsewhere.
func completer(use string) cobra.CompletionFunc {
	var names []string
	for _, word := range strings.Fields(use)[1:] {
		name := strings.Trim(word, "[].")
		if name == "" || strings.ToUpper(name) != name || strings.HasPrefix(name, "-") {
			break
		}
		names = append(names, name)
	}
	many := strings.Contains(use, "TABLE...")
	return func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		at := len(args)
		if many {
			at = min(at, len(names)-1)
		}
		if at >= len(names) || names[at] != "TABLE" {
			return nil, cobra.ShellCompDirectiveDefault
		}
		var tables []cobra.Completion
		err := opened(cmd.Context(), args[0], sqlite.Options{ReadOnly: true}, func(db *sqlite.DB) error {
			all, err := db.Tables(cmd.Context())
			for _, t := range all {
				if !slices.Contains(args[1:], t.Name()) {
					tables = append(tables, t.Name())
				}
			}
			return err
		})
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return tables, cobra.ShellCompDirectiveNoFileComp
	}
}

// formats are the names in a flag's usage, "FORM of the output: table, json,
// jsonl or csv (default table)".
func formats(usage string) []cobra.Completion {
	_, list, _ := strings.Cut(usage, ": ")
	list, _, _ = strings.Cut(list, " (")
	return strings.Fields(strings.NewReplacer(",", " ", " or ", " ").Replace(list))
}
