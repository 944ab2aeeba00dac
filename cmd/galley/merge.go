package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/galley-db/galley/cmd/galley/internal/sheet"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store/postgres"
	"github.com/galley-db/galley/transfer"
)

func newMerge(a *app) *cobra.Command {
	var opts transfer.MergeOptions
	var expect, evolve, onConflict string
	var upsert, ignore bool
	var target postgres.Options
	cmd := &cobra.Command{
		Use:   "merge DST SRC... [--on-conflict ACTION] [--upsert | --ignore] [--expect LIST] [--remove]",
		Short: "Merge files into one database",
		Long: `Merge the files SRC into DST, a database file or a postgres:// URL. The file or the
namespace is created if it is missing. A SRC is a file, a pattern in quotes, or the
folder of a spool, which is collected. Each batch is stored once, with its key,
rows and time. Rows without a key are merged once for each file, and only the new
ones if the file has grown. You can kill the command and run it again, and run it
twice at once. SRC is never changed.

If DST has a key with other content, merge fails, unless --on-conflict is keep (DST
keeps its rows) or replace. If a table with a key has a row with the key of a new
one, merge fails, unless --upsert changes that row or --ignore keeps it. With
--evolve additive or rebuild, tables of DST get the new columns.

--expect reads a list of the batches and files that should be in DST, one a line: a
key, or a table, a tab and a key, or the name of a file, with or without its
extension. The missing
ones are printed, and the exit status is 1 if there are any. --remove deletes each
file after its rows were found in DST.`,
		Example: `  galley merge study.db 'out/task-*.db' --expect tasks.txt
  galley merge study.db site-a.db site-b.db --evolve additive --on-conflict keep
  galley merge postgres://localhost/study 'out/*.db' --remove`,
		Args: between(2, "DST", "SRC..."),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if opts.Evolve, err = evolution(cmd, evolve); err != nil {
				return err
			}
			switch onConflict {
			case "fail":
			case "keep":
				opts.OnConflict = transfer.Keep
			case "replace":
				opts.OnConflict = transfer.Replace
			default:
				return wrong(cmd, "--on-conflict %s: want fail, keep or replace", onConflict)
			}
			switch {
			case upsert && ignore:
				return wrong(cmd, "--upsert and --ignore exclude each other")
			case upsert:
				opts.Mode = schema.Upsert
			case ignore:
				opts.Mode = schema.Ignore
			}
			if cmd.Flags().Changed("jobs") && opts.Jobs < 1 {
				return wrong(cmd, "-j %d: want 1 or more", opts.Jobs)
			}
			dst, list, err := gatherInto(cmd, args[0], target, expect)
			if err != nil {
				return err
			}
			opts.Expect = list
			defer func() { err = dst.close(err) }()
			bar := a.bar("rows")
			opts.Progress = func(r transfer.MergeReport) { bar.at(r.Rows, -1, fmt.Sprint("files ", r.Sources)) }
			report, err := transfer.Merge(cmd.Context(), dst.database, args[1:], opts)
			bar.end()
			if err != nil {
				return err
			}
			if err := a.printMerged(report); err != nil {
				return err
			}
			if c := report.Collected; len(report.Missing)+len(report.Left) > 0 || c != nil && len(c.Aside)+len(c.Refused) > 0 {
				return errReported
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&onConflict, "on-conflict", "fail", "if DST has a key with other content, `ACTION` fail, keep or replace")
	cmd.Flags().BoolVar(&upsert, "upsert", false, "change the row of DST that has the key of a new row, in tables with a key")
	cmd.Flags().BoolVar(&ignore, "ignore", false, "keep the row of DST that has the key of a new row, in tables with a key")
	cmd.Flags().StringVar(&evolve, "evolve", "strict", "change tables of DST that differ: `POLICY` strict, additive or rebuild")
	cmd.Flags().StringVar(&expect, "expect", "", "report the batches and files in the file `LIST` that are missing, - for standard input")
	cmd.Flags().BoolVar(&opts.Remove, "remove", false, "delete each SRC after its rows were found in DST")
	cmd.Flags().IntVarP(&opts.Jobs, "jobs", "j", 0, "merge `N` files at once (default 1 into a file, 4 into a server)")
	cmd.Flags().StringVar(&opts.TempDir, "temp", "", "put the copies of files that another process has open into the folder `DIR`")
	cmd.Flags().StringVar(&target.Schema, "schema", "", "merge into the namespace `NAME` of a DST on a server")
	return cmd
}

func (a *app) printMerged(r *transfer.MergeReport) error {
	if a.json {
		return a.printJSON(r)
	}
	fmt.Fprintf(a.out, "merged %d files: %d batches, %d rows\n", r.Sources, r.Batches, r.Rows)
	for _, n := range []struct {
		count int64
		what  string
	}{
		{r.Present, "batches were stored already"}, {r.Kept, "batches kept as they are in DST"}, {r.Replaced, "batches of DST replaced"},
		{r.Changed, "rows changed"}, {r.Unchanged, "rows left unchanged"}, {r.Rejected, "rows carried in quarantine"}, {int64(len(r.Removed)), "files removed"},
	} {
		if n.count > 0 {
			fmt.Fprintf(a.out, "%s: %d\n", n.what, n.count)
		}
	}
	for _, f := range r.Left {
		fmt.Fprintf(a.out, "not removed: %s: %s\n", sheet.Printable(f.File), sheet.Printable(f.Text))
	}
	for _, e := range r.Missing {
		fmt.Fprintf(a.out, "missing: %s\n", sheet.Printable(e.String()))
	}
	if r.Collected == nil {
		return nil
	}
	return a.printCollected(r.Collected)
}
