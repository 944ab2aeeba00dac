package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/galley-db/galley/export"
	"github.com/galley-db/galley/internal/sheet"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/postgres"
)

func newCopy(a *app) *cobra.Command {
	var opts export.CopyOptions
	cmd := &cobra.Command{
		Use:   "copy SRC DST [--tables TABLES]",
		Short: "Copy tables from one database to another",
		Long: `Copy tables from SRC to DST, each a database file or a postgres:// URL. Rows go
in batches, each stored once, so that an interrupted copy is simply run again.
Then both sides are read and compared, and the keys of the batches are carried
over: a pipeline goes on in the copy where it was. SRC must not change
meanwhile; the tables of DST must be empty, missing, or an earlier attempt.`,
		Example: `  galley copy features.db other.db
  galley copy features.db postgres://localhost/study --tables aseg,aparc`,
		Args: exactly("SRC", "DST"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if opts.BatchRows < 1 {
				return wrong(cmd, "--batch %d: want 1 or more", opts.BatchRows)
			}
			from, err := backend(cmd.Context(), args[0], store.Options{ReadOnly: true})
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, from.Close()) }()
			for _, name := range opts.Tables {
				if _, err := described(cmd.Context(), from, name); err != nil {
					return err
				}
			}
			to, err := backend(cmd.Context(), args[1], store.Options{})
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
	return cmd
}

// database is a backend whose tables are known by name.
type database interface {
	store.Backend
	Tables(ctx context.Context) ([]*schema.Schema, error)
}

// backend opens a database by its path or URL.
func backend(ctx context.Context, name string, opts store.Options) (database, error) {
	if strings.HasPrefix(name, "postgres://") || strings.HasPrefix(name, "postgresql://") {
		return postgres.Open(ctx, name, postgres.Options{})
	}
	if opts.ReadOnly {
		if err := there(name); err != nil {
			return nil, err
		}
	}
	return store.Open(ctx, name, opts)
}
