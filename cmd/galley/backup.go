package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/galley-db/galley/cmd/galley/internal/doctor"
	"github.com/galley-db/galley/store/sqlite"
)

func newBackup(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE COPY",
		Short: "Copy a database while others write to it",
		Long: `Copy a database in one consistent state while other processes continue to write.
The copy appears under its name when it is complete. An existing file is never
replaced.`,
		Args: exactly("FILE", "COPY"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return reading(cmd.Context(), args[0], func(db *sqlite.DB) error {
				bar := a.bar("pages")
				err := db.Backup(cmd.Context(), args[1], func(done, total int) { bar.at(int64(done), int64(total), "") })
				bar.end()
				if err != nil {
					return err
				}
				info, err := os.Stat(args[1])
				if err != nil {
					return err
				}
				if a.json {
					return a.printJSON(map[string]any{"path": args[1], "bytes": info.Size()})
				}
				fmt.Fprintf(a.out, "%s, %s\n", args[1], doctor.Size(info.Size()))
				return nil
			})
		},
	}
}
