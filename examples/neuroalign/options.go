package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
)

// mostWorkers bounds -j: each worker holds a task's rows and waits for the one
// writer anyway.
const mostWorkers = 1024

type options struct {
	subjects string // "" for the bundled data
	out      string
	server   string // "" for OUT/features.db
	spool    string // "" for a file or server
	workers  int
	replicas int
	force    bool
	export   string // "" for none
	require  []string
}

func (o *options) flags() *flag.FlagSet {
	f := flag.NewFlagSet("neuroalign", flag.ContinueOnError)
	f.SetOutput(io.Discard) // run prints the error and the usage, once
	f.StringVar(&o.subjects, "subjects", "", "read the study in `DIR`: DIR/SUBJECT/stats or DIR/SUBJECT/SESSION/stats\n(default: one real subject that comes with the program)")
	f.StringVar(&o.out, "out", "out", "write `DIR`/features.db, and make DIR if need be")
	f.StringVar(&o.server, "db", "", "write to the PostgreSQL server at `URL`, postgres://…, instead of a file: for many hosts at once")
	f.StringVar(&o.spool, "spool", "", "write batches to the spool in `DIR`, which may be on a network file system, instead of a file; collect them with galley collect")
	f.IntVar(&o.workers, "j", runtime.GOMAXPROCS(0), "work on `N` tasks at once")
	f.IntVar(&o.replicas, "replicate", 0, "load `N` synthetic subjects, made from the first real session, instead of the real ones")
	f.StringVar(&o.export, "export", "", "write the tables to `DIR` as Parquet, long and wide, and merge with what is there")
	f.Func("require", "fail each session that lacks one of the files in `LIST`, such as aseg.stats,lh.aparc.stats", func(list string) error {
		for name := range strings.SplitSeq(list, ",") {
			if name = strings.TrimSpace(name); name == "" {
				return errors.New("an empty name in the list")
			}
			o.require = append(o.require, name)
		}
		return nil
	})
	f.BoolVar(&o.force, "force", false, "do the sessions again that are done: their rows take the place of the old ones")
	return f
}

// parseOptions reads the command line. Its error is flag.ErrHelp, or says what
// is wrong with the command line.
func parseOptions(args []string) (options, error) {
	var o options
	f := o.flags()
	if err := f.Parse(args); err != nil {
		return o, err
	}
	switch {
	case f.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", f.Arg(0))
	case o.workers < 1 || o.workers > mostWorkers:
		return o, fmt.Errorf("-j %d: want 1 to %d", o.workers, mostWorkers)
	case o.replicas < 0:
		return o, fmt.Errorf("-replicate %d: want 0 or more", o.replicas)
	case len(o.require) > 0 && o.replicas > 0:
		return o, errors.New("-require is about the files of real sessions, and -replicate reads none")
	case o.spool != "" && o.server != "":
		return o, errors.New("-spool and -db exclude each other")
	case o.spool != "" && (o.force || o.export != ""):
		return o, errors.New("-force and -export read the tables, and -spool only writes: collect the spool, and use the file")
	case o.out == "":
		return o, fmt.Errorf("-out is empty: want a folder")
	}
	given := false
	f.Visit(func(f *flag.Flag) { given = given || f.Name == "subjects" })
	if given {
		if info, err := os.Stat(o.subjects); err != nil {
			return o, fmt.Errorf("-subjects: %w", err)
		} else if !info.IsDir() {
			return o, fmt.Errorf("-subjects: %s is not a folder", o.subjects)
		}
	}
	return o, nil
}

// unforced reminds that -force would do again what is done.
func (o *options) unforced() string {
	if o.force {
		return ", without -force,"
	}
	return ""
}

// usage describes the flags.
func usage() string {
	var b strings.Builder
	var o options
	f := o.flags()
	f.SetOutput(&b)
	b.WriteString("usage: neuroalign [flags]\n")
	f.PrintDefaults()
	return b.String()
}
