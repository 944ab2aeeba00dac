package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func newMan(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "man DIR",
		Short: "Write manual pages",
		Long: `Write a manual page for galley and one for each verb into DIR, which is created
if it is missing: galley.1, galley-status.1 and so on.`,
		Example: `  galley man ~/.local/share/man/man1`,
		Args:    exactly("DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return err
			}
			root := cmd.Root()
			root.DisableAutoGenTag = true // which has the date
			err := doc.GenManTree(root, &doc.GenManHeader{Title: "GALLEY", Section: "1", Source: "galley", Manual: "galley"}, args[0])
			if err != nil {
				return err
			}
			pages, err := filepath.Glob(filepath.Join(args[0], "galley*.1"))
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(pages)
			}
			fmt.Fprintf(a.out, "%d pages in %s\n", len(pages), args[0])
			return nil
		},
	}
}
