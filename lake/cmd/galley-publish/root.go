package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/galley-db/galley/lake"
	"github.com/galley-db/galley/store/sqlite"
)

// place are the flags that say where the Iceberg tables are.
type place struct {
	catalog, warehouse, namespace string
	json                          bool
}

func (p *place) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&p.catalog, "catalog", "", "`CATALOG`: sqlite:FILE, postgres://HOST/DATABASE, rest:URL or hadoop")
	f.StringVar(&p.warehouse, "warehouse", "", "`PLACE` of the data: a folder or s3://bucket/prefix")
	f.StringVar(&p.namespace, "namespace", "galley", "Iceberg `NAMESPACE` of the tables")
	f.BoolVar(&p.json, "json", false, "print JSON")
}

// open opens the catalog and hands it to do.
func (p *place) open(ctx context.Context, do func(*lake.Catalog) error) error {
	if p.catalog == "" {
		return wrong("--catalog is missing: sqlite:FILE, postgres://HOST/DATABASE, rest:URL or hadoop")
	}
	cat, err := lake.OpenCatalog(ctx, p.catalog, p.warehouse, nil)
	if err != nil {
		return err
	}
	return errors.Join(do(cat), cat.Close())
}

func newRoot() *cobra.Command {
	var to place
	var opts lake.PublishOptions
	var watch bool
	var every time.Duration
	root := &cobra.Command{
		Use:   "galley-publish FILE [TABLE...] --catalog CATALOG --warehouse PLACE",
		Short: "Publish tables to Apache Iceberg, each row once",
		Long: `Publish what is new in some tables of a galley file, or in all, since the last
publish, into Iceberg tables of the same names: Parquet files in the warehouse, and
one commit a table. Every row is published once, even if several processes publish
the same file, or are killed.

A batch that was published and then forgotten, replaced or edited is an error that
names it. With --republish, the rows of the file are replaced in one snapshot.

Credentials for s3:// are found as the tools of AWS find them: AWS_ACCESS_KEY_ID and
AWS_SECRET_ACCESS_KEY, a profile, or the role of the machine. AWS_ENDPOINT_URL names
another server than Amazon's. A token for rest: is in ICEBERG_TOKEN.

The exit status is 0 for success, 1 for a failure, 2 for a wrong command line, and
130 after Ctrl-C. With --watch, Ctrl-C is the normal end.`,
		Example: `  galley-publish features.db --catalog sqlite:catalog.db --warehouse lake
  galley-publish features.db aseg --catalog postgres://db/lake --warehouse s3://bucket/lake --partition 'identity(subject),day(at)'
  galley-publish features.db --catalog rest:http://localhost:8181 --watch --every 1m`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return wrong("FILE is missing")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			watch = watch || cmd.Flags().Changed("every")
			if every <= 0 {
				return wrong("--every %v: want a time above 0, as 1m", every)
			}
			if opts.RowsPerFile <= 0 {
				return wrong("--rows-per-file %d: want a number above 0", opts.RowsPerFile)
			}
			opts.Namespace = to.namespace
			if len(args) > 1 {
				opts.Tables = args[1:]
			}
			if _, err := os.Stat(args[0]); err != nil {
				return fmt.Errorf("%w; check the path", err)
			}
			return to.open(cmd.Context(), func(cat *lake.Catalog) (err error) {
				db, err := sqlite.Open(cmd.Context(), args[0], sqlite.Options{ReadOnly: true})
				if err != nil {
					return err
				}
				defer func() { err = errors.Join(err, db.Close()) }()
				print := func(r *lake.Report) error { return printReport(cmd.OutOrStdout(), r, to.json) }
				if watch {
					return lake.Watch(cmd.Context(), db, cat, opts, every, func(r *lake.Report, err error) {
						_ = print(r)
						if err != nil {
							fmt.Fprintf(cmd.ErrOrStderr(), "galley-publish: %v\n", err)
						}
					})
				}
				report, err := lake.Publish(cmd.Context(), db, cat, opts)
				return errors.Join(err, print(report))
			})
		},
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &usageError{err} })
	root.CompletionOptions.DisableDefaultCmd = true
	to.flags(root)
	f := root.Flags()
	f.StringVar(&opts.Partition, "partition", "", "partition `FIELDS` of new tables, as 'identity(subject),day(at)'")
	f.BoolVar(&opts.Republish, "republish", false, "replace the published rows of the file, in one snapshot")
	f.BoolVar(&opts.Verify, "verify", false, "compare all published rows with their sum first")
	f.Int64Var(&opts.RowsPerFile, "rows-per-file", 10_000_000, "largest `NUMBER` of rows in a data file")
	f.BoolVar(&watch, "watch", false, "publish again and again, until Ctrl-C")
	f.DurationVar(&every, "every", time.Minute, "`TIME` between the publishes of --watch")
	root.AddCommand(newMaintain())
	return root
}

// printReport prints what a publish did: a line for each table that had something new,
// or JSON.
func printReport(out io.Writer, r *lake.Report, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(r)
	}
	for _, t := range r.Tables {
		if t.Attempts == 0 {
			if _, err := fmt.Fprintf(out, "%s: nothing new\n", t.Table); err != nil {
				return err
			}
			continue
		}
		if _, err := fmt.Fprintf(out, "%s: %d batches, %d rows, %d files, %d bytes\n", t.Table, t.Batches, t.Rows, t.Files, t.Bytes); err != nil {
			return err
		}
	}
	return nil
}
