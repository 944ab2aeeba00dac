package main

import (
	"github.com/spf13/cobra"

	"github.com/galley-db/galley/cmd/galley/internal/sheet"
	"github.com/galley-db/galley/store/sqlite"
)

func newHistory(a *app) *cobra.Command {
	var flags *rowFlags
	cmd := &cobra.Command{
		Use:   "history FILE [TABLE] [-o FORM] [--wide]",
		Short: "Show when tables were created and changed",
		Long: `Show when each table, or one of them, was created, changed, renamed and dropped,
oldest first, with the fingerprint that it has had since. Times are UTC. A table
that was dropped keeps its history.`,
		Example: `  galley history features.db
  galley history features.db aseg --json`,
		Args: between(1, "FILE", "TABLE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return reading(cmd.Context(), args[0], func(db *sqlite.DB) error {
				form, err := a.form(cmd, flags)
				if err != nil {
					return err
				}
				sql, values := historySQL+" ORDER BY id", []any{}
				if len(args) > 1 {
					known, err := one(cmd.Context(), db, `SELECT count(*) FROM galley_history WHERE "table" = ?`, args[1])
					if err != nil {
						return err
					}
					if known == int64(0) {
						if _, err := described(cmd.Context(), db, args[1]); err != nil {
							return err
						}
					}
					sql, values = historySQL+` WHERE "table" = ? ORDER BY id`, append(values, args[1])
				}
				rows, err := sheet.Query(cmd.Context(), db, sql, values...)
				if err != nil {
					return err
				}
				return a.printRows(cmd.Context(), rows, form, flags.wide)
			})
		},
	}
	flags = addRowFlags(cmd)
	return cmd
}

const historySQL = `SELECT "table", strftime('%Y-%m-%dT%H:%M:%fZ', at / 1e6, 'unixepoch') AS at, changes, fingerprint FROM galley_history`
