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

// width is the number of characters in a line of the terminal, 0 for no terminal.
func (o *output) width() int {
	f, ok := o.w.(*os.File)
	if !ok || !o.terminal {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}
