package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"

	"golang.org/x/term"
)

// pages is standard output. On a terminal it holds back a screen of lines; when
// there are more, it starts the pager that PAGER names.
type pages struct {
	app    *app
	height int // lines of the screen, 0 for no pager
	held   bytes.Buffer
	lines  int
	pager  *exec.Cmd
	in     io.WriteCloser
	left   bool // the reader has closed the pager
}

// errLeft ends the printing of rows that are not read any more.
var errLeft = errors.New("the pager was closed")

func (a *app) page() *pages {
	p := &pages{app: a}
	if f, ok := a.out.w.(*os.File); ok && a.out.terminal && os.Getenv("PAGER") != "" {
		if _, height, err := term.GetSize(int(f.Fd())); err == nil {
			p.height = height
		}
	}
	return p
}

func (p *pages) Write(b []byte) (int, error) {
	switch {
	case p.height == 0:
		return p.app.out.Write(b)
	case p.in != nil:
		return p.send(b)
	}
	p.held.Write(b)
	if p.lines += bytes.Count(b, []byte("\n")); p.lines < p.height {
		return len(b), nil
	}
	if err := p.start(); err != nil {
		p.height = 0 // without a pager the rows are printed as they are
		p.app.say("PAGER %s: %v", os.Getenv("PAGER"), err)
		_, err := p.app.out.Write(p.held.Bytes())
		return len(b), err
	}
	_, err := p.send(p.held.Bytes())
	return len(b), err
}

func (p *pages) send(b []byte) (int, error) {
	n, err := p.in.Write(b)
	if err != nil {
		p.left = true
		return n, errLeft
	}
	return n, nil
}

func (p *pages) start() (err error) {
	// As other programs do, so that PAGER may have arguments.
	p.pager = exec.Command("sh", "-c", os.Getenv("PAGER"))
	p.pager.Stdout, p.pager.Stderr = p.app.out.w, p.app.errs
	if os.Getenv("LESS") == "" {
		p.pager.Env = append(os.Environ(), "LESS=FRX")
	}
	if p.in, err = p.pager.StdinPipe(); err != nil {
		return err
	}
	if err := p.pager.Start(); err != nil {
		p.in = nil
		return err
	}
	return nil
}

// end writes what was held back, or waits until the reader closes the pager. err is
// the error of what was printed.
func (p *pages) end(err error) error {
	if p.in == nil {
		if p.height > 0 {
			_, wrote := p.app.out.Write(p.held.Bytes())
			err = errors.Join(err, wrote)
		}
		return err
	}
	_ = p.in.Close()
	ended := p.pager.Wait()
	if p.left {
		return nil
	}
	return errors.Join(err, ended)
}
