package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress shows how far the tasks are. Its methods are for one goroutine at a
// time.
type progress interface {
	advance()        // one more task has its outcome
	say(line string) // shows a line
	close()          // the end, maybe before the last task
}

// newProgress shows a bar on a terminal, and elsewhere (a file, a job's log) a
// line for each tenth of the tasks.
func newProgress(w io.Writer, tasks int64) progress {
	if !isTerminal(w) {
		return &tenths{w: w, total: tasks}
	}
	return &bar{w: w, bar: progressbar.NewOptions64(tasks,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetDescription("tasks"),
		progressbar.OptionSetWidth(30),
		progressbar.OptionShowCount(),
		progressbar.OptionShowIts(),
		progressbar.OptionThrottle(100*time.Millisecond),
	)}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// bar is a bar that moves. A drawing error does not stop the
// program: its errors are ignored.
type bar struct {
	w   io.Writer
	bar *progressbar.ProgressBar
}

func (b *bar) advance() { _ = b.bar.Add(1) }

func (b *bar) say(line string) {
	_ = b.bar.Clear()
	fmt.Fprintln(b.w, line)
	_ = b.bar.RenderBlank()
}

func (b *bar) close() {
	_ = b.bar.Exit()
	fmt.Fprintln(b.w)
}

// tenths is a line for each tenth.
type tenths struct {
	w           io.Writer
	done, total int64
}

func (t *tenths) advance() {
	total := max(t.total, 1)
	before := t.done * 10 / total
	t.done++
	if now := t.done * 10 / total; now > before {
		fmt.Fprintf(t.w, "%d of %d tasks\n", t.done, t.total)
	}
}

func (t *tenths) say(line string) { fmt.Fprintln(t.w, line) }
func (t *tenths) close()          {}
