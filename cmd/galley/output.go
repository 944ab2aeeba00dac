package main

import (
	"io"
	"os"

	"golang.org/x/term"
)

// output is standard output. It keeps the first error of writing to it, so
// that no verb can print half of its data and claim to have succeeded.
type output struct {
	w        io.Writer
	terminal bool
	err      error
}

func newOutput(w io.Writer) *output { return &output{w: w, terminal: terminal(w)} }

func (o *output) Write(p []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.w.Write(p)
	o.err = err
	return n, err
}

func terminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
