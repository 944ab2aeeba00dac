package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/galley-db/galley/cmd/galley/internal/sheet"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/postgres"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/transfer"
)

func newCollect(a *app) *cobra.Command {
	var opts transfer.CollectOptions
	var expect, evolve string
	var target postgres.Options
	cmd := &cobra.Command{
		Use:   "collect DST DIR... [--watch] [--keep] [--expect LIST]",
		Short: "Move batches from spools into a database",
		Long: `Move the batches that wait in the spools DIR into DST, a database file or a
postgres:// URL. The file or the namespace is created if it is missing. Each batch
is stored once, under its own key and time, and its file is removed when the commit
would survive power loss. You can kill the command and run it again, and run it
several times at once, on several hosts.

Every file is verified before it is stored. A damaged file is moved into the folder
damaged of its spool, and so is a late copy of a collected batch whose rows differ.
A batch that does not fit the table of DST stays in the spool; with --evolve
additive or rebuild the table is changed to fit. The exit status is 1 if a file was
moved to damaged or stays.

--watch continues until Ctrl-C. --expect reads a list of the batches that should be
in DST, one a line: a key, or a table, a tab and a key. The missing ones are
printed, and the exit status is 1 if there are any; with --watch the command
continues until none is missing.`,
		Example: `  galley collect study.db /shared/study.spool
  galley collect study.db /shared/study.spool --watch --expect subjects.txt
  galley collect postgres://localhost/study /shared/a.spool /shared/b.spool`,
		Args: between(2, "DST", "DIR..."),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if opts.Evolve, err = evolution(cmd, evolve); err != nil {
				return err
			}
			if opts.Interval < time.Millisecond {
				return wrong(cmd, "--every must be at least 1ms")
			}
			dst, list, err := gatherInto(cmd, args[0], target, expect)
			if err != nil {
				return err
			}
			opts.Expect = list
			defer func() { err = dst.close(err) }()
			bar := a.bar("rows")
			opts.Progress = func(r transfer.CollectReport) { bar.at(r.Rows, -1, fmt.Sprint("batches ", r.Batches)) }
			report, err := transfer.Collect(cmd.Context(), dst.database, args[1:], opts)
			bar.end()
			if report != nil {
				err = errors.Join(err, a.printCollected(report))
			}
			if err == nil && len(report.Aside)+len(report.Refused)+len(report.Missing) > 0 {
				err = errReported
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&opts.Watch, "watch", false, "continue to collect new batches until Ctrl-C")
	cmd.Flags().DurationVar(&opts.Interval, "every", 2*time.Second, "with --watch, look for new batches every `TIME`")
	cmd.Flags().BoolVar(&opts.Keep, "keep", false, "leave the files in the spools")
	cmd.Flags().StringVar(&expect, "expect", "", "report the batches in the file `LIST` that are missing, - for standard input")
	cmd.Flags().StringVar(&evolve, "evolve", "strict", "change tables of DST that differ: `POLICY` strict, additive, rebuild, or rebuild-and-drop, which loses the values of columns that a batch lacks")
	cmd.Flags().StringVar(&target.Schema, "schema", "", "collect into the namespace `NAME` of a DST on a server")
	return cmd
}

// evolution is the policy of a name.
func evolution(cmd *cobra.Command, name string) (store.Evolution, error) {
	switch name {
	case "strict":
		return store.Strict, nil
	case "additive":
		return store.Additive, nil
	case "rebuild":
		return store.Rebuild, nil
	case "rebuild-and-drop":
		return store.RebuildAndDrop, nil
	}
	return 0, wrong(cmd, "--evolve %s: want strict, additive, rebuild or rebuild-and-drop", name)
}

// gatherInto reads the list of --expect and opens the destination of collect and
// merge. A file gets a sync with each commit: what is removed from a source must
// survive power loss.
func gatherInto(cmd *cobra.Command, name string, target postgres.Options, expect string) (dst *destination, list []transfer.Expected, err error) {
	if target.Schema != "" && !onServer(name) {
		return nil, nil, wrong(cmd, "--schema names a namespace on a server, and %s is a file", name)
	}
	if cmd.Flags().Changed("expect") {
		if list, err = expected(expect); err != nil {
			return nil, nil, err
		}
	}
	dst, err = openDestination(cmd.Context(), name, target, sqlite.Options{Durability: sqlite.Full})
	return dst, list, err
}

// expected reads a list of batches, each of them once.
func expected(path string) (list []transfer.Expected, err error) {
	var in io.Reader = os.Stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	lines, seen := bufio.NewScanner(in), map[transfer.Expected]bool{}
	for lines.Scan() {
		line := strings.TrimSuffix(lines.Text(), "\r")
		if len(list) == 0 {
			line = strings.TrimPrefix(line, "\uFEFF") // which some editors begin a file with
		}
		if line == "" {
			continue
		}
		var e transfer.Expected
		table, key, ok := strings.Cut(line, "\t")
		if e.Key = line; ok {
			e = transfer.Expected{Table: table, Key: key}
		}
		if !seen[e] {
			seen[e] = true
			list = append(list, e)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return list, nil
}

func (a *app) printCollected(r *transfer.CollectReport) error {
	if a.json {
		return a.printJSON(r)
	}
	fmt.Fprintf(a.out, "collected %d batches with %d rows\n", r.Batches, r.Rows)
	if r.Present+r.Duplicates > 0 {
		fmt.Fprintf(a.out, "were stored already: %d\n", r.Present+r.Duplicates)
	}
	for _, f := range r.Aside {
		fmt.Fprintf(a.out, "moved aside: %s: %s\n", sheet.Printable(f.File), sheet.Printable(f.Text))
	}
	for _, f := range r.Refused {
		fmt.Fprintf(a.out, "refused, and left in the spool: %s: %s\n", sheet.Printable(f.File), sheet.Printable(f.Text))
	}
	for _, e := range r.Missing {
		fmt.Fprintf(a.out, "missing: %s\n", sheet.Printable(e.String()))
	}
	return nil
}
