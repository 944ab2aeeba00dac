package main

import (
	"fmt"
	"io"
	"time"
)

// mostListed bounds the lists in the summary, and with them the memory that a
// study full of damage takes.
const mostListed = 50

type outcome uint8

const (
	taskSkipped outcome = iota // was done before
	taskNew
	taskFailed
	taskEmpty // the session has no file for this table
)

// visit is a session in progress.
type visit struct {
	left  int     // tasks that have no outcome yet
	worst outcome // of those that have one
}

// counts counts things by their outcome.
type counts struct{ new, skipped, failed int }

func (c *counts) add(o outcome) {
	switch o {
	case taskNew:
		c.new++
	case taskFailed:
		c.failed++
	default:
		c.skipped++
	}
}

func (c *counts) total() int { return c.new + c.skipped + c.failed }

func (c *counts) String() string {
	return fmt.Sprintf("%d new, %d skipped, %d failed", c.new, c.skipped, c.failed)
}

// list is the beginning of a list, and its length.
type list struct {
	first []string
	n     int
}

func (l *list) add(s string) {
	if l.n++; len(l.first) < mostListed {
		l.first = append(l.first, s)
	}
}

func (l *list) print(w io.Writer, title string) {
	if l.n == 0 {
		return
	}
	fmt.Fprintln(w, title)
	for _, s := range l.first {
		fmt.Fprintln(w, "  "+s)
	}
	if more := l.n - len(l.first); more > 0 {
		fmt.Fprintf(w, "  and %d more\n", more)
	}
}

// tally is what became of the tasks and sessions so far.
//
// A session is failed if a task of it failed, else new if a task of it is new,
// else skipped. One that has tasks without an outcome is not counted.
type tally struct {
	tasks, sessions counts
	rows            int64
	failures        list
	withoutStats    list // folders
	notUnderstood   list // files
	late            list // sessions, with files that came after they were saved
	census          *census
}

func (t *tally) add(v *visit, o outcome, rows int) {
	if o != taskEmpty {
		t.tasks.add(o)
		t.rows += int64(rows)
		v.worst = max(v.worst, o)
	}
	if v.left--; v.left == 0 {
		t.sessions.add(v.worst)
	}
}

func (t *tally) passed(dir string)    { t.withoutStats.add(dir) }
func (t *tally) complain(line string) { t.failures.add(line) }
func (t *tally) failed() bool         { return t.failures.n > 0 }

// summarize prints the summary, without the wait if it is negative.
func (t *tally) summarize(w io.Writer, path string, elapsed, wait time.Duration) {
	fmt.Fprintln(w, path)
	fmt.Fprintf(w, "  sessions   %s\n", &t.sessions)
	fmt.Fprintf(w, "  tasks      %s\n", &t.tasks)
	fmt.Fprintf(w, "  rows       %d new in %s", t.rows, elapsed.Round(time.Millisecond))
	if t.rows > 0 && elapsed > 0 {
		fmt.Fprintf(w, ", %.0f a second", float64(t.rows)/elapsed.Seconds())
	}
	if wait >= 0 {
		fmt.Fprintf(w, "\n  lock wait  %s at the longest", wait.Round(10*time.Microsecond))
	}
	fmt.Fprintf(w, "\n  memory     %s\n", peakMemory())
	t.withoutStats.print(w, "folders without a stats folder, passed over:")
	t.notUnderstood.print(w, "files that are not understood, passed over:")
	t.late.print(w, "files that came after their session was saved, not read (-force reads them):")
	if t.census != nil {
		t.census.print(w)
	}
	t.failures.print(w, "failed:")
}
