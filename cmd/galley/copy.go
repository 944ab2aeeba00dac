package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/galley-db/galley/cmd/galley/internal/sheet"
	"github.com/galley-db/galley/store/postgres"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/transfer"
)

func newCopy(a *app) *cobra.Command {
	var opts transfer.CopyOptions
	var source, target postgres.Options
	cmd := &cobra.Command{
		Use:   "copy SRC DST [--tables TABLES] [--schema NAME] [--distribute-by COLUMN [--servers SERVERS]]",
		Short: "Copy tables from one database to another",
		Long: `Copy tables from SRC to DST, each a database file or a postgres:// URL. Rows are
copied in batches, each stored once: run an interrupted copy again to finish it.
copy then reads and compares both sides, and copies the keys of the batches, so a
pipeline can continue in the copy. Rows that a table refused go into the quarantine
of the copy. SRC must not change meanwhile. The tables of DST must be missing, empty, or the result of an earlier attempt.

On a server, --schema names the namespace of DST, which is created if it is
missing, and --from-schema the namespace of SRC. The default is the namespace of
the connection. --distribute-by spreads the tables of a new DST by the batch's
key over the servers that --servers names; without --servers, you distribute the
tables with Citus. Give the same flags whenever you write to such a namespace. They are
not needed to copy from it.`,
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
			if sameFile(args[0], args[1]) {
				return wrong(cmd, "SRC and DST are the same file, %s; name another DST", args[0])
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
			to, err := openDestination(cmd.Context(), args[1], target, sqlite.Options{})
			if err != nil {
				return err
			}
			defer func() { err = to.close(err) }()
			bar := a.bar("rows")
			opts.Progress = func(p transfer.CopyProgress) { bar.at(p.Rows, p.Total, p.Step+" "+p.Table) }
			done, err := transfer.Copy(cmd.Context(), from, to.database, opts)
			bar.end()
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(done)
			}
			t := a.table([]string{"table", "rows", "copied now", "batches", "rejected"}, 1, 2, 3, 4)
			for _, c := range done {
				if err := t.Add(sheet.Printable(c.Table), fmt.Sprint(c.Rows), fmt.Sprint(c.New), fmt.Sprint(c.Batches), fmt.Sprint(c.Rejected)); err != nil {
					return err
				}
			}
			return t.Flush()
		},
	}
	cmd.Flags().StringSliceVar(&opts.Tables, "tables", nil, "copy only `TABLES` (default all)")
	cmd.Flags().IntVar(&opts.BatchRows, "batch", 50_000, "copy `N` rows in a transaction")
	cmd.Flags().StringVar(&target.Schema, "schema", "", "copy into the namespace `NAME` of a server")
	cmd.Flags().StringVar(&source.Schema, "from-schema", "", "copy from the namespace `NAME` of a server")
	cmd.Flags().StringVar(&target.DistributeBy, "distribute-by", "", "spread the tables of DST by the batch's key in `COLUMN`")
	cmd.Flags().StringSliceVar(&target.Servers, "servers", nil, "spread the tables over `SERVERS`, foreign servers of DST")
	return cmd
}

// sameFile reports whether two paths lead to one file.
func sameFile(a, b string) bool {
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}
