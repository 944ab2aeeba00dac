package main

import (
	"bufio"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/galley-db/galley/store/sqlite"
)

func newClear(a *app) *cobra.Command {
	var yes, rejected bool
	cmd := &cobra.Command{
		Use:   "clear FILE [--yes] [--rejected]",
		Short: "Remove a database and everything in it",
		Long: `Remove a database: the file, its -wal and its -shm. clear refuses to remove a
file that another process has open; on Linux the error names that process. To
keep the rows, use galley export --clear, which removes the database only after
it has read the exported files back. A database with rejected rows is kept unless
--rejected is given.`,
		Args: exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return writing(cmd.Context(), args[0], func(db *sqlite.DB) error {
				s, err := statusOf(cmd.Context(), db)
				if err != nil {
					return err
				}
				if len(s.OpenIn) > 0 {
					return fmt.Errorf("%w%s", sqlite.ErrInUse, held(db.Path()))
				}
				rows, refused := int64(0), int64(0)
				for _, t := range s.Tables {
					rows += t.Rows
					refused += t.Rejected
				}
				if refused > 0 && !rejected {
					return fmt.Errorf("%s has %s, which are stored nowhere else; see galley rejects, or remove them too with --rejected", db.Path(), several(refused, "rejected row"))
				}
				if !yes && !a.confirm("%s has %s with %s. Remove it? [y/N]", db.Path(), several(int64(len(s.Tables)), "table"), several(rows, "row")) {
					return errReported
				}
				if err := db.Clear(cmd.Context()); err != nil {
					if errors.Is(err, sqlite.ErrInUse) {
						err = fmt.Errorf("%w%s", err, held(db.Path()))
					}
					return err
				}
				if a.json {
					return a.printJSON(map[string]any{"path": s.Path, "tables": len(s.Tables), "rows": rows, "removed": true})
				}
				fmt.Fprintf(a.out, "removed %s, with %s and %s\n", s.Path, several(int64(len(s.Tables)), "table"), several(rows, "row"))
				return nil
			})
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	cmd.Flags().BoolVar(&rejected, "rejected", false, "remove rejected rows too")
	return cmd
}

// confirm asks a question, and reports whether the answer is yes.
func (a *app) confirm(format string, args ...any) bool {
	a.say(format, args...)
	answer, _ := bufio.NewReader(a.in).ReadString('\n')
	if answer = strings.ToLower(strings.TrimSpace(answer)); answer == "y" || answer == "yes" {
		return true
	}
	a.say("nothing was removed")
	return false
}

// several is a number of things, in words.
func several(n int64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	if strings.HasSuffix(thing, "ch") {
		thing += "e"
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
