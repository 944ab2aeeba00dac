// Galleybench measures galley against other ways to write rows into SQLite,
// side by side on this machine. See the README of its module.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/galley-db/galley/bench/harness"
	"github.com/galley-db/galley/bench/peer"
	"github.com/galley-db/galley/bench/report"
	"github.com/galley-db/galley/bench/workload"
)

func main() {
	workload.Child()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := bench(ctx, os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "galleybench:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, args []string, out, log io.Writer) error {
	cfg, quick := harness.Full(), harness.Quick()
	flags := flag.NewFlagSet("galleybench", flag.ContinueOnError)
	flags.SetOutput(log)
	names := flags.String("workload", "all", "`names` of workloads, separated by commas; all is all but merge, spool and growth")
	who := flags.String("peers", "all", "`names` of peers, separated by commas")
	flags.IntVar(&cfg.Rows, "rows", cfg.Rows, "rows of the bulk workloads; others are in proportion")
	flags.IntVar(&cfg.Repeats, "repeats", cfg.Repeats, "measured runs of each peer")
	flags.IntVar(&cfg.PageSize, "page-size", cfg.PageSize, "page size of all SQLite files in `bytes`")
	jsonFile := flags.String("json", "../docs/benchmarks.json", "`file` for the results, empty for none")
	svgDir := flags.String("svg", "../docs", "`folder` for the charts, empty for none")
	small := flags.Bool("quick", false, "a small run that shows that all works: no files unless asked for")
	flags.Usage = func() { usage(flags) }
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *small {
		cfg.Batch, cfg.Duration = quick.Batch, quick.Duration
		set := make(map[string]bool)
		flags.Visit(func(f *flag.Flag) { set[f.Name] = true })
		unless(set["rows"], &cfg.Rows, quick.Rows)
		unless(set["repeats"], &cfg.Repeats, quick.Repeats)
		unless(set["json"], jsonFile, "")
		unless(set["svg"], svgDir, "")
	}
	if flags.NArg() > 0 || cfg.Rows < 1 || cfg.Repeats < 1 {
		return errors.New("no arguments beside the flags; -rows and -repeats are 1 or more")
	}
	workloads, err := workload.Select(*names)
	if err != nil {
		return err
	}
	peers, err := peer.Select(*who)
	if err != nil {
		return err
	}
	var cases []harness.Case
	for _, w := range workloads {
		cases = append(cases, w.Cases(cfg)...)
	}
	results, failed := harness.Run(ctx, cfg, cases, peers, log)
	// What was measured is worth having even where a peer failed.
	return errors.Join(failed, publish(out, log, *jsonFile, *svgDir, cfg, peers, results))
}

func unless[T any](set bool, v *T, value T) {
	if !set {
		*v = value
	}
}

func publish(out, log io.Writer, jsonFile, svgDir string, cfg harness.Config, peers []peer.Peer, results []report.Result) error {
	if err := report.Table(out, results); err != nil {
		return err
	}
	if jsonFile != "" {
		d := report.NewDocument(results)
		d.Settings = map[string]any{
			"rows": cfg.Rows, "batch_rows": cfg.Batch, "repeats": cfg.Repeats,
			"pragmas": peer.Settings{PageSize: cfg.PageSize}.Pragmas(),
		}
		d.Peers = make(map[string]string)
		for _, p := range peers {
			d.Peers[p.Name()] = p.About()
		}
		if err := d.Write(jsonFile); err != nil {
			return err
		}
		fmt.Fprintln(log, "wrote", jsonFile)
	}
	if svgDir == "" {
		return nil
	}
	paths, err := report.Charts(svgDir, results)
	for _, path := range paths {
		fmt.Fprintln(log, "wrote", path)
	}
	return err
}

func usage(flags *flag.FlagSet) {
	w := flags.Output()
	fmt.Fprintln(w, "usage: galleybench [flags]")
	flags.PrintDefaults()
	fmt.Fprintln(w, "\nworkloads:")
	for _, l := range workload.All {
		fmt.Fprintf(w, "  %-10s %s\n", l.Name, l.About)
	}
	fmt.Fprintln(w, "\npeers:")
	for _, p := range peer.All() {
		fmt.Fprintf(w, "  %-10s %s\n", p.Name(), p.About())
	}
}
