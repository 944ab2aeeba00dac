// Neuroalign gathers the FreeSurfer statistics of a study in one SQLite file.
//
//	go run ./examples/neuroalign -j 8 -out out
//	go run ./examples/neuroalign -j 8 -out out -subjects /data/freesurfer
//	go run ./examples/neuroalign -j 8 -out out -replicate 1000
//	go run ./examples/neuroalign -j 8 -out out -force
//	go run ./examples/neuroalign -j 8 -out out -export out
//
// It creates the tables aseg, aparc and measures in OUT/features.db, and, if the
// study has rows for them, volumes and overlays. The package freesurfer says
// which file goes into which table: every statistics file of FreeSurfer 5.3 to 8
// and of FastSurfer is read, and its name is the atlas.
//
// The unit of work is a task: one table of one session of one subject. A task's
// rows and the mark that it is done, its key SUBJECT/SESSION/TABLE, are one
// transaction. So the program may be stopped or killed at any moment and run
// again, or run twice at once: each task's rows are stored once. A subject
// without sessions has the session "-". In a folder named sub-01_ses-02 or
// sub-01_ses-02.long.base the subject is sub-01; the rest is the session.
//
// No file is required. The summary lists the files that some sessions have and
// others lack; with -require LIST a session that lacks a file of the list fails
// and nothing of it is saved. If a file is damaged, the tasks that read it fail,
// and the next run tries them again; all others are done. The summary also names
// files that are not understood, and files that came after their session was
// saved: the table files lists those that existed. Those are not read.
//
// With -force, sessions that are done are loaded again, for corrected or added
// files: each task's new rows replace its old ones in one transaction. A task
// that fails, or that has no file any more, keeps the old ones. They are found
// by the column task, the last of each table, which holds the key, and by its
// index, which the first -force creates. A file from before that column existed
// gets it, empty, and its sessions cannot be loaded again: remove the file.
//
// With -export DIR the program then writes each table as Parquet: as it is, and
// wide, with a row for each session and a column for each region; and a
// manifest. Sessions of an earlier export remain.
//
// With -db postgres://… the tables are on a server, and any number of hosts may
// run the program at once.
//
// With -spool DIR the rows become batches in a folder that many hosts share, as the
// tasks of a job array do. The command galley collect moves them into a file. A
// spool cannot be read: -force and -export need the file, and the table files is
// not written.
//
// With -replicate N it loads N synthetic subjects instead: sim-000001 and so on,
// session "synthetic", made from the study's first session by changing each
// value by up to 5 %. They are for trials at scale, and not data of anybody.
// Subject i is always the same for the same first session.
//
// The exit status is 0 if all is done, 1 if a task failed or the file could not
// be written, 2 for a wrong command line, and 130 after Ctrl-C.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"
)

// The exit statuses.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	// After the first Ctrl-C a second one ends the program at once.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program. It returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	opts, err := parseOptions(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage())
		return exitDone
	case err != nil:
		fmt.Fprintf(stderr, "neuroalign: %v\n%s", err, usage())
		return exitUsage
	}
	s, err := openStudy(opts)
	if err != nil {
		return failed(ctx, stderr, err)
	}
	out, err := openOutput(ctx, opts)
	if err != nil {
		return failed(ctx, stderr, err)
	}
	if s.replicas > 0 {
		fmt.Fprintf(stdout, "%d synthetic subjects, made from %s by changes of up to 5 %%: not real data\n",
			s.replicas, s.model)
	}

	targets := out.targets
	if s.like != nil {
		targets = out.targetsOf(s.like)
	}
	l := &loader{
		workers:   opts.workers,
		targets:   targets,
		require:   opts.require,
		inventory: out.inventory,
		progress:  newProgress(stderr, int64(s.size)*int64(len(targets))),
	}
	if s.replicas == 0 {
		l.tally.census = s.census
	}
	start := time.Now()
	loadErr := l.load(ctx, s)
	elapsed := time.Since(start)
	l.progress.close()
	wait := out.longestWait()
	var exportErr error
	if opts.export != "" && loadErr == nil && ctx.Err() == nil {
		exportErr = out.export(ctx, opts.export, stdout)
	}
	closeErr := out.db.Close()

	l.tally.summarize(stdout, out.path, elapsed, wait)
	if err := errors.Join(loadErr, exportErr, closeErr); err != nil {
		fmt.Fprintf(stderr, "neuroalign: %v\nWhat is saved stays: run the same command again%s to go on.\n",
			err, opts.unforced())
		return exitFailed
	}
	switch {
	case ctx.Err() != nil && l.tally.sessions.total() < s.size:
		fmt.Fprintf(stderr, "neuroalign: stopped, with %d of %d sessions finished.\n"+
			"What is saved stays: run the same command again%s to go on.\n",
			l.tally.sessions.total(), s.size, opts.unforced())
		return exitInterrupted
	case l.tally.failed():
		return exitFailed
	}
	return exitDone
}

// failed reports an error from before the first task.
func failed(ctx context.Context, stderr io.Writer, err error) int {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		fmt.Fprintln(stderr, "neuroalign: stopped before the first session.")
		return exitInterrupted
	}
	fmt.Fprintf(stderr, "neuroalign: %v\n", err)
	return exitFailed
}
