package main

import (
	"github.com/spf13/cobra"

	"github.com/galley-db/galley/cmd/galley/internal/doctor"
	"github.com/galley-db/galley/cmd/galley/internal/live"
	"github.com/galley-db/galley/store/sqlite"
)

func newReport(a *app) *cobra.Command {
	var page string
	cmd := &cobra.Command{
		Use:   "report FILE [-o PAGE]",
		Short: "Write a page about a whole file",
		Long: `Write a self-contained HTML page about a file, for a mail or a pull request: its
size and engine, its tables, and the findings of doctor. For each table the page
shows the rate of its batches over time in rows a second, each column as
profile --html shows it, and the latest rows, batches and rejected rows. report
reads the file once for each table, and once more for doctor. PAGE has the permissions of FILE.`,
		Example: `  galley report features.db -o features.html`,
		Args:    exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if a.json {
				return wrong(cmd, "report writes HTML only; use status, profile and doctor with --json")
			}
			if err := there(args[0]); err != nil {
				return err
			}
			found, err := doctor.Examine(cmd.Context(), args[0], true)
			if err != nil {
				return err
			}
			return reading(cmd.Context(), args[0], func(db *sqlite.DB) error {
				s, err := statusOf(cmd.Context(), db)
				if err != nil {
					return err
				}
				r, err := live.ReportOf(cmd.Context(), db, s.Settings["engine"], found)
				if err != nil {
					return err
				}
				if page == "-" {
					return r.HTML(a.out)
				}
				if err := writePage(page, db.Path(), r); err != nil {
					return err
				}
				a.say("wrote %s", page)
				return nil
			})
		},
	}
	cmd.Flags().StringVarP(&page, "output", "o", "report.html", "write `PAGE`, an HTML file (- is standard output)")
	return cmd
}
