package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"os"
	"unicode/utf8"

	"github.com/galley-db/galley/load"
)

// rejectedRow is a row that could not be stored, as a line of the file of
// rejects.
type rejectedRow struct {
	Error string `json:"error"`
	File  string `json:"file"`
	Line  int64  `json:"line"`
	Text  string `json:"text"`
	Bytes string `json:"bytes,omitempty"` // the text in base64, where it is not UTF-8
}

// rejects opens the file of rejects, and lets the import write to it. A row that
// an interrupted import wrote already is not written again.
func rejects(opts *load.Options, path string) (finish func() error, err error) {
	if path == "" {
		return func() error { return nil }, nil
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	seen, err := written(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	opts.Reject = func(b load.BadRow) error {
		row := rejectedRow{Error: b.Err.Error(), File: b.File, Line: b.Line, Text: b.Text}
		if !utf8.ValidString(b.Text) {
			row.Bytes = base64.StdEncoding.EncodeToString([]byte(b.Text))
		}
		var line bytes.Buffer
		e := json.NewEncoder(&line)
		e.SetEscapeHTML(false)
		if err := e.Encode(row); err != nil {
			return err
		}
		if seen[line.String()] {
			return nil
		}
		_, err := f.Write(line.Bytes())
		return err
	}
	return func() error { return errors.Join(f.Sync(), f.Close()) }, nil
}

// written are the lines of a file of rejects. A last line that an interruption
// cut off gets its end.
func written(f *os.File) (map[string]bool, error) {
	seen := map[string]bool{}
	in := bufio.NewReader(f)
	for {
		line, err := in.ReadString('\n')
		if errors.Is(err, io.EOF) {
			if line != "" {
				_, err = f.WriteString("\n")
				return seen, err
			}
			return seen, nil
		}
		if err != nil {
			return nil, err
		}
		seen[line] = true
	}
}
