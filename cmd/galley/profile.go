package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/galley-db/galley/cmd/galley/internal/profile"
	"github.com/galley-db/galley/store"
)

func newProfile(a *app) *cobra.Command {
	var page string
	cmd := &cobra.Command{
		Use:   "profile FILE TABLE [--html PAGE]",
		Short: "Describe the columns of a table",
		Long: `Describe each column of a table: type, NULLs, how many values differ, the least
and the greatest, mean, quantiles, and a small histogram; of text, the most
frequent values. The table is read once, in bounded memory; of more than 4,096
different values their number is an estimate within about 1 %, and of more than
100,000 values the quantiles are those of a random sample.

--html writes a page that needs nothing else, with histograms, bars for NULL and
the correlations of the numeric columns.`,
		Example: `  galley profile features.db aseg
  galley profile features.db aseg --html aseg.html`,
		Args: exactly("FILE", "TABLE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return reading(cmd.Context(), args[0], func(db *store.DB) error {
				s, err := described(cmd.Context(), db, args[1])
				if err != nil {
					return err
				}
				bar := a.bar("rows")
				p, err := profile.Of(cmd.Context(), db, s, func(rows int64) { bar.at(rows, -1, s.Name()) })
				bar.end()
				if err != nil {
					return err
				}
				if page != "" {
					if err := writePage(page, p); err != nil {
						return err
					}
					a.say("wrote %s", page)
				}
				switch {
				case a.json:
					return a.printJSON(p)
				case page != "":
					return nil
				}
				return p.Text(a.out, a.bold)
			})
		},
	}
	cmd.Flags().StringVar(&page, "html", "", "write `PAGE`, an HTML file, in place of the table")
	return cmd
}

// writePage writes the page beside path and then gives it the name: who looks
// at an earlier page meanwhile sees it whole.
func writePage(path string, p *profile.Profile) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
			err = fmt.Errorf("write %s: %w", path, err)
		}
	}()
	if err := errors.Join(p.HTML(f), f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
