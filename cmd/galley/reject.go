package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/galley-db/galley/load"
)

// rejectedRow is a row that could not be stored, as a line of the file of
// rejects.
type rejectedRow struct {
	Error string `json:"error"`
	Table string `json:"table,omitempty"`
	File  string `json:"file"`
	Key   string `json:"key,omitempty"` // of the file's batch: the same line of another content is another row
	Line  int64  `json:"line"`
	Text  string `json:"text"`
	Bytes string `json:"bytes,omitempty"` // the text in base64, where it is not UTF-8
}

// same is what two lines about one row share: the error may be worded in another
// way the second time.
func (r rejectedRow) same() rejectedRow {
	r.Error = ""
	return r
}

// rejectFile is the file of rejects of an import.
type rejectFile struct {
	file *os.File
	out  bytes.Buffer // whole lines that are not written yet
	// seen are the rows of earlier imports, with their number: what an
	// interrupted import wrote is not written again.
	seen map[rejectedRow]int
}

// openRejects opens a file of rejects, which it creates if it is missing. The caller
// closes it.
func openRejects(path string) (*rejectFile, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	r := &rejectFile{file: f}
	if r.seen, err = written(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return r, nil
}

// keep lets an import write to the file.
func (r *rejectFile) keep(opts *load.Options) {
	table := opts.Table
	opts.Reject = func(b load.BadRow) error {
		const unknown = "\uFFFD" // for what is not UTF-8, so that the line reads again as it is
		row := rejectedRow{Error: b.Err.Error(), Table: table, File: strings.ToValidUTF8(b.File, unknown), Key: b.Key, Line: b.Line, Text: strings.ToValidUTF8(b.Text, unknown)}
		if !utf8.ValidString(b.Text) {
			row.Bytes = base64.StdEncoding.EncodeToString([]byte(b.Text))
		}
		if r.seen[row.same()] > 0 {
			r.seen[row.same()]--
			return nil
		}
		e := json.NewEncoder(&r.out)
		e.SetEscapeHTML(false)
		err := e.Encode(row)
		const room = 1 << 20
		if err == nil && r.out.Len() > room {
			err = r.flush()
		}
		return err
	}
	opts.SyncRejects = r.sync
}

// flush appends whole lines, so that two imports can write to one file.
func (r *rejectFile) flush() error {
	_, err := r.out.WriteTo(r.file)
	return err
}

// sync makes what was written survive a power loss.
func (r *rejectFile) sync() error { return errors.Join(r.flush(), r.file.Sync()) }

func (r *rejectFile) close() error { return errors.Join(r.sync(), r.file.Close()) }

// written are the lines of a file of rejects. A last line that an interruption
// cut off gets its end.
func written(f *os.File) (map[rejectedRow]int, error) {
	seen := map[rejectedRow]int{}
	in := bufio.NewReader(f)
	for {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			if len(line) > 0 {
				_, err = f.WriteString("\n")
				return seen, err
			}
			return seen, nil
		}
		if err != nil {
			return nil, err
		}
		var row rejectedRow
		if json.Unmarshal(line, &row) == nil {
			seen[row.same()]++
		}
	}
}
