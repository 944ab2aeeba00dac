package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/galley-db/galley/cmd/galley/internal/doctor"
	"github.com/galley-db/galley/spool"
)

func newDoctor(a *app) *cobra.Command {
	var quick bool
	cmd := &cobra.Command{
		Use:   "doctor FILE [--quick]",
		Short: "Find out what is wrong with a file, and say what to do",
		Long: `Check the file system, the permissions and the names of the file, the engine's
version, the size of the WAL and the reason why it does not shrink (on Linux:
the process that reads), the processes that have the file open, the integrity of
every page, the ledger of batches against the rows, and the files beside the
database. Each finding says what to do. The exit status is 1 if there is a
problem.

If FILE is the folder of a spool, verify the batches that wait, and look for
files that were set aside, files of killed writers, and files that do not belong
there.`,
		Args: exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			examine := doctor.Examine
			if spool.IsSpool(args[0]) {
				examine = doctor.ExamineSpool
			}
			found, err := examine(cmd.Context(), args[0], !quick)
			if err != nil {
				return err
			}
			if a.json {
				err = a.printJSON(found)
			} else {
				err = a.printFindings(found)
			}
			if err == nil && !doctor.Healthy(found) {
				err = errReported
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&quick, "quick", false, "do not read the whole file")
	return cmd
}

func (a *app) printFindings(found []doctor.Finding) error {
	colour := map[doctor.Level]string{doctor.Fine: "\x1b[32m", doctor.Note: "\x1b[33m", doctor.Problem: "\x1b[31m"}
	problems := 0
	for _, f := range found {
		level := fmt.Sprintf("%-7s", f.Level)
		if a.bold {
			level = colour[f.Level] + level + "\x1b[0m"
		}
		if _, err := fmt.Fprintf(a.out, "%s  %s: %s\n", level, f.Check, f.Text); err != nil {
			return err
		}
		if f.Do != "" {
			fmt.Fprintf(a.out, "         -> %s\n", f.Do)
		}
		if f.Level == doctor.Problem {
			problems++
		}
	}
	if problems == 0 {
		fmt.Fprintln(a.out, "no problem found")
		return nil
	}
	_, err := fmt.Fprintf(a.out, "problems: %d\n", problems)
	return err
}
