package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/galley-db/galley/cmd/galley/internal/doctor"
	"github.com/galley-db/galley/store/sqlite"
)

func newVacuum(a *app) *cobra.Command {
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "vacuum FILE [--wait TIME]",
		Short: "Rewrite the file without the space of deleted rows",
		Long: `Rewrite the file without the space of deleted rows. Writers wait meanwhile, and
vacuum needs up to twice the file's size on the disk.`,
		Args: exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return writing(cmd.Context(), args[0], func(db *sqlite.DB) error {
				ctx, cancel := context.WithTimeout(cmd.Context(), wait)
				defer cancel()
				before, err := size(db.Path())
				if err != nil {
					return err
				}
				a.say("rewriting %s", db.Path())
				// vacuum writes through the WAL, whose size is the progress.
				wal := func() int64 {
					n, _ := size(db.Path() + "-wal")
					return n
				}
				err = a.bar("bytes").during("vacuum", before, wal, func() error { return db.Vacuum(ctx) })
				if errors.Is(err, context.DeadlineExceeded) {
					return unfinished(cmd.Context(), err, "vacuum", wait, db.Path())
				}
				if err != nil {
					return fmt.Errorf("%w%s", err, held(db.Path()))
				}
				if _, err := db.Checkpoint(ctx, sqlite.Truncate); err != nil {
					return unfinished(cmd.Context(), err, "checkpoint after the vacuum", wait, db.Path())
				}
				after, err := size(db.Path())
				if err != nil {
					return err
				}
				if a.json {
					return a.printJSON(map[string]int64{"bytes_before": before, "bytes": after})
				}
				fmt.Fprintf(a.out, "%s before, %s now\n", doctor.Size(before), doctor.Size(after))
				return nil
			})
		},
	}
	cmd.Flags().DurationVar(&wait, "wait", time.Hour, "give up after `TIME`")
	return cmd
}

func size(path string) (int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
