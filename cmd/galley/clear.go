package main

import (
	"bufio"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/galley-db/galley/store"
)

func newClear(a *app) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "clear FILE [--yes]",
		Short: "Remove a database with all that is in it",
		Long: `Remove a database: the file, its -wal and its -shm. It is refused while any
other process has the file open; on Linux that process is named. To keep the
rows, use galley export --clear, which removes the database only after the
files were read back.`,
		Args: exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return writing(cmd.Context(), args[0], func(db *store.DB) error {
				s, err := statusOf(cmd.Context(), db)
				if err != nil {
					return err
				}
				if len(s.OpenIn) > 0 {
					return fmt.Errorf("%w%s", store.ErrInUse, held(db.Path()))
				}
				rows := int64(0)
				for _, t := range s.Tables {
					rows += t.Rows
				}
				if !yes {
					a.say("%s has %d tables with %d rows. Remove it? [y/N]", db.Path(), len(s.Tables), rows)
					answer, _ := bufio.NewReader(a.in).ReadString('\n')
					if answer = strings.ToLower(strings.TrimSpace(answer)); answer != "y" && answer != "yes" {
						a.say("nothing was removed")
						return errReported
					}
				}
				if err := db.Clear(cmd.Context()); err != nil {
					if errors.Is(err, store.ErrInUse) {
						err = fmt.Errorf("%w%s", err, held(db.Path()))
					}
					return err
				}
				if a.json {
					return a.printJSON(map[string]any{"path": s.Path, "tables": len(s.Tables), "rows": rows, "removed": true})
				}
				fmt.Fprintf(a.out, "removed %s, with %d tables and %d rows\n", s.Path, len(s.Tables), rows)
				return nil
			})
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}
