package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/galley-db/galley/cmd/galley/internal/doctor"
	"github.com/galley-db/galley/internal/holder"
	"github.com/galley-db/galley/store/sqlite"
)

func newCheckpoint(a *app) *cobra.Command {
	var mode string
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "checkpoint FILE [--mode truncate|restart|passive] [--wait TIME]",
		Short: "Move the WAL into the database file",
		Long: `Move the pages in the write-ahead log into the database file, and truncate the log
to 0 bytes unless --mode is restart or passive. A reader that holds an old snapshot
can prevent that. checkpoint then moves the pages that it can, names the process if
the system reports it, and exits with status 1.`,
		Args: exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			modes := map[string]sqlite.CheckpointMode{"truncate": sqlite.Truncate, "restart": sqlite.Restart, "passive": sqlite.Passive}
			m, ok := modes[mode]
			if !ok {
				return wrong(cmd, "--mode %s: want truncate, restart or passive", mode)
			}
			return writing(cmd.Context(), args[0], func(db *sqlite.DB) error {
				before := db.Stats().WALBytes
				ctx, cancel := context.WithTimeout(cmd.Context(), wait)
				defer cancel()
				var res sqlite.CheckpointResult
				began := time.Now()
				waited := func() int64 { return int64(time.Since(began).Seconds()) }
				err := a.bar("seconds").during("checkpoint of "+doctor.Size(before), -1, waited, func() (err error) {
					res, err = db.Checkpoint(ctx, m)
					return err
				})
				if errors.Is(err, sqlite.ErrCheckpointBusy) {
					err = fmt.Errorf("%w%s", err, held(db.Path()))
				} else {
					err = unfinished(cmd.Context(), err, "checkpoint", wait, db.Path())
				}
				after := db.Stats().WALBytes
				if a.json {
					return errors.Join(err, a.printJSON(map[string]any{"wal_pages": res.WALPages, "moved": res.Moved,
						"complete": res.Complete, "wal_bytes_before": before, "wal_bytes": after}))
				}
				if err == nil {
					fmt.Fprintf(a.out, "moved %d of %d pages; the WAL had %s and has %s\n", res.Moved, res.WALPages, doctor.Size(before), doctor.Size(after))
				}
				return err
			})
		},
	}
	cmd.Flags().StringVar(&mode, "mode", "truncate", "`MODE` of the checkpoint: truncate, restart or passive")
	cmd.Flags().DurationVar(&wait, "wait", 10*time.Second, "wait for readers and writers for at most `TIME`")
	return cmd
}

// held names the processes that have a file open.
func held(path string) string {
	holders, complete, err := holder.Of(path)
	if err != nil || len(holders) == 0 {
		if complete {
			return ""
		}
		return "; run galley doctor as root to see which process has it open"
	}
	text := "; it is open in "
	for i, h := range holders {
		if i > 0 {
			text += ", and in "
		}
		text += doctor.Describe(h)
	}
	return text
}
