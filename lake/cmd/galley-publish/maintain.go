package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/galley-db/galley/lake"
)

func newMaintain() *cobra.Command {
	var in place
	var opts lake.MaintainOptions
	cmd := &cobra.Command{
		Use:   "maintain [TABLE...] --catalog CATALOG --warehouse PLACE",
		Short: "Merge small files, expire snapshots, remove files that nothing refers to",
		Long: `Merge the small data files of Iceberg tables, expire old snapshots, and remove
files that no snapshot refers to. A killed publish leaves such files.

Only a table into which one galley file publishes gets its data files merged.
--orphans must be longer than the longest publish takes: its files have no snapshot
until it commits.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if opts.Keep <= 0 || opts.Orphans <= 0 {
				return wrong("--keep and --orphans: want a time above 0, as 120h")
			}
			opts.Namespace = in.namespace
			if len(args) > 0 {
				opts.Tables = args
			}
			return in.open(cmd.Context(), func(cat *lake.Catalog) error {
				all, err := lake.Maintain(cmd.Context(), cat, opts)
				for _, r := range all {
					if in.json {
						if err := json.NewEncoder(cmd.OutOrStdout()).Encode(r); err != nil {
							return err
						}
						continue
					}
					fmt.Fprintf(cmd.OutOrStdout(), "%s: %d files merged into %d, %d snapshots expired, %d orphans removed (%d bytes)\n",
						r.Table, r.FilesBefore, r.FilesAfter, r.Snapshots, r.Orphans, r.OrphanBytes)
					if r.Note != "" {
						fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", r.Table, r.Note)
					}
				}
				return err
			})
		},
	}
	in.flags(cmd)
	f := cmd.Flags()
	f.DurationVar(&opts.Keep, "keep", 5*24*time.Hour, "`TIME` for which snapshots are kept")
	f.DurationVar(&opts.Orphans, "orphans", 3*24*time.Hour, "`AGE` above which files that nothing refers to are removed")
	f.BoolVar(&opts.NoCompaction, "no-compaction", false, "leave small data files as they are")
	return cmd
}
