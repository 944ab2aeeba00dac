package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/galley-db/galley/cmd/galley/internal/sheet"
	"github.com/galley-db/galley/export"
	"github.com/galley-db/galley/store/postgres"
)

func newCopy(a *app) *cobra.Command {
	var opts export.CopyOptions
	var source, target postgres.Options
	cmd := &cobra.Command{
		Use:   "copy SRC DST [--tables TABLES] [--schema NAME] [--distribute-by COLUMN [--servers SERVERS]]",
		Short: "Copy tables from one database to another",
		Long: `Copy tables from SRC to DST, each a database file or a postgres:// URL. Rows go
in batches, each stored once, so that an interrupted copy is simply run again.
Then both sides are read and compared, and the keys of the batches are carried
over: a pipeline goes on in the copy where it was. SRC must not change
meanwhile; the tables of DST must be empty, missing, or an earlier attempt.

On a server, --schema names the namespace of DST, which is made where it is
missing, and --from-schema that of SRC; without them it is the connection's own.
--distribute-by spreads the tables of a DST that is new by the batch's key, over
the servers that --servers names, or as you will with Citus; a namespace that
was made so is opened with the same flags. Of SRC that need not be said.`,
		Example: `  galley copy features.db other.db
  galley copy features.db postgres://localhost/study --tables aseg,aparc --schema features
  galley copy postgres://localhost/study features.db --from-schema features
  galley copy features.db postgres://localhost/study --schema spread --distribute-by batch --servers node1,node2`,
		Args: exactly("SRC", "DST"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if opts.BatchRows < 1 {
				return wrong(cmd, "--batch %d: want 1 or more", opts.BatchRows)
			}
			if err := checkServerFlags(cmd, args); err != nil {
				return err
			}
			source.ReadOnly = true
			from, err := backend(cmd.Context(), args[0], source)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, from.Close()) }()
			for _, name := range opts.Tables {
				if _, err := described(cmd.Context(), from, name); err != nil {
					return err
				}
			}
			to, err := backend(cmd.Context(), args[1], target)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, to.Close()) }()
			bar := a.bar("rows")
			opts.Progress = func(p export.CopyProgress) { bar.at(p.Rows, p.Total, p.Step+" "+p.Table) }
			done, err := export.Copy(cmd.Context(), from, to, opts)
			bar.end()
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(done)
			}
			t := a.table([]string{"table", "rows", "copied now", "batches"}, 1, 2, 3)
			for _, c := range done {
				if err := t.Add(sheet.Printable(c.Table), fmt.Sprint(c.Rows), fmt.Sprint(c.New), fmt.Sprint(c.Batches)); err != nil {
					return err
				}
			}
			return t.Flush()
		},
	}
	cmd.Flags().StringSliceVar(&opts.Tables, "tables", nil, "copy `TABLES` alone (default all)")
	cmd.Flags().IntVar(&opts.BatchRows, "batch", 50_000, "copy `N` rows in a transaction")
	cmd.Flags().StringVar(&target.Schema, "schema", "", "copy into the namespace `NAME` of a DST on a server")
	cmd.Flags().StringVar(&source.Schema, "from-schema", "", "copy from the namespace `NAME` of a SRC on a server")
	cmd.Flags().StringVar(&target.DistributeBy, "distribute-by", "", "spread the tables of DST by the batch's key in `COLUMN`")
	cmd.Flags().StringSliceVar(&target.Servers, "servers", nil, "spread them over `SERVERS`, foreign servers of DST")
	return cmd
}
