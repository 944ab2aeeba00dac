package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
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
	to   io.Writer
	file *os.File     // nil for standard output
	kept bool         // the file is a regular one, which keeps what is written
	out  bytes.Buffer // whole lines that are not written yet
	// seen are the rows of earlier imports, with their number: what an
	// interrupted import wrote is not written again.
	seen map[rejectedRow]int
}

// openRejects opens a file of rejects, which it creates if it is missing. The caller
// closes it. A pipe or a device has no earlier rows to read, and "-" is standard
// output.
func openRejects(path string, sources []string, stdout io.Writer) (*rejectFile, error) {
	if path == "-" {
		return &rejectFile{to: stdout}, nil
	}
	err := notDatabase(path)
	if err == nil {
		err = notSource(path, sources)
	}
	if err != nil {
		return nil, fmt.Errorf("--reject %s: %w", path, err)
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return nil, err
		}
		return &rejectFile{to: f, file: f}, nil
	}
	_, before := os.Stat(path)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	if errors.Is(before, fs.ErrNotExist) { // a pattern may match it only now
		if err := notSource(path, sources); err != nil {
			return nil, errors.Join(fmt.Errorf("--reject %s: %w", path, err), f.Close(), os.Remove(path))
		}
	}
	r := &rejectFile{to: f, file: f, kept: true}
	if r.seen, err = written(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return r, nil
}

// notSource returns an error if path is one of the files that are imported.
func notSource(path string, sources []string) error {
	rejects, err := os.Stat(path)
	if err != nil || !rejects.Mode().IsRegular() {
		return nil //nolint:nilerr // it is created, or keeps no rows
	}
	for _, source := range sources {
		files, _ := filepath.Glob(source) // load returns the error of a bad pattern
		for _, file := range append(files, source) {
			if info, err := os.Stat(file); err == nil && os.SameFile(info, rejects) {
				return fmt.Errorf("it is one of the sources, %s; name another file", file)
			}
		}
	}
	return nil
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
	_, err := r.out.WriteTo(r.to)
	return err
}

// sync makes what was written survive a power loss.
func (r *rejectFile) sync() error {
	err := r.flush()
	if r.kept {
		err = errors.Join(err, r.file.Sync())
	}
	return err
}

func (r *rejectFile) close() error {
	err := r.sync()
	if r.file != nil {
		err = errors.Join(err, r.file.Close())
	}
	return err
}

// written are the lines of a file of rejects. A last line that an interruption
// cut off gets its end. It counts if that is all that it lacks.
func written(f *os.File) (map[rejectedRow]int, error) {
	seen := map[rejectedRow]int{}
	in := bufio.NewReader(f)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		var row rejectedRow
		if json.Unmarshal(line, &row) == nil {
			seen[row.same()]++
		}
		if err != nil && len(line) > 0 {
			_, err = f.WriteString("\n")
			return seen, err
		}
		if err != nil {
			return seen, nil
		}
	}
}
