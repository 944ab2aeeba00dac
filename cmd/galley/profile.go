package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/galley-db/galley/cmd/galley/internal/live"
	"github.com/galley-db/galley/cmd/galley/internal/profile"
	"github.com/galley-db/galley/cmd/galley/internal/sheet"
	"github.com/galley-db/galley/store/sqlite"
)

func newProfile(a *app) *cobra.Command {
	var page string
	cmd := &cobra.Command{
		Use:   "profile FILE TABLE [--html PAGE]",
		Short: "Describe the columns of a table",
		Long: `Describe each column of a table: type, NULLs, number of distinct values, minimum
and maximum, mean, quantiles, and a small histogram; for text, the most frequent
values. profile counts integers and times exactly. It counts infinite numbers,
and leaves them out of the other figures.

profile reads the table once, in bounded memory. Some figures are therefore
estimates, and are marked as such. Above 4,096 distinct values their number has
a standard error of 0.8 %. Above 100,000 values the quantiles are those of a
random sample. Above 8,192 distinct texts (fewer in a table of more than 128
columns) profile lists the most frequent ones with an upper bound of their
count; a text that makes up 2 % of the rows is never missing. At most 40 columns
are correlated.

--html writes a self-contained page, which is the table's section of report:
histograms, the correlations of the numeric columns, the latest rows and batches,
and rejected rows. PAGE has the permissions of FILE; "-" writes it to standard
output.`,
		Example: `  galley profile features.db aseg
  galley profile features.db aseg --html aseg.html`,
		Args: exactly("FILE", "TABLE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if page == "-" && a.json {
				return wrong(cmd, "--json and --html - both write to standard output; give --html a file, or leave one out")
			}
			return a.readingAny(cmd.Context(), args[0], func(db *sqlite.DB) error {
				s, err := described(cmd.Context(), db, args[1])
				if err != nil {
					return err
				}
				bar := a.bar("rows")
				progress := func(rows int64) { bar.at(rows, -1, s.Name()) }
				var p *profile.Profile
				var section *live.Section
				if page == "" {
					p, err = profile.Of(cmd.Context(), db, s, progress)
				} else if section, err = live.SectionOf(cmd.Context(), db, s.Name(), progress); section != nil {
					p = section.Profile
				} else if err == nil {
					err = fmt.Errorf("table %q was dropped while it was read", s.Name())
				}
				bar.end()
				if err != nil {
					return err
				}
				switch {
				case page == "-":
					return section.HTML(a.out)
				case page != "":
					if err := writePage(page, db.Path(), section); err != nil {
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
				return p.Text(a.out, sheet.Style{Bold: a.bold, Width: a.out.width()})
			})
		},
	}
	cmd.Flags().StringVar(&page, "html", "", "write `PAGE`, an HTML file, instead of the table (- is standard output)")
	return cmd
}

// writePage writes a page. It has rows of the file that it is about, and that file's
// permissions.
func writePage(path, about string, p interface{ HTML(w io.Writer) error }) error {
	info, err := os.Stat(about)
	if err != nil {
		return err
	}
	return replaceFile(path, info.Mode().Perm()&0o666, p.HTML)
}
