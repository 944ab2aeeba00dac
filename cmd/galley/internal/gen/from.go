package gen

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode"
)

// ErrFormat is returned when a file is none that a table can be read from.
var ErrFormat = errors.New("is not an SQLite file, and its name does not end in .csv, .tsv, .jsonl, .ndjson or .json")

// FromFile finds a table in a file: in an SQLite file, of galley or not, the
// table of the name, which may be "" where there is only one; or the one that
// the rows of a sample make, CSV or JSON Lines, under the name, which is by
// default the file's. Samples are read to their end, a row at a time.
func FromFile(path, table string) (Table, error) {
	f, err := os.Open(path)
	if err != nil {
		return Table{}, err
	}
	defer f.Close()
	r := bufio.NewReader(f)
	const magic = "SQLite format 3\x00"
	if head, err := r.Peek(len(magic)); err == nil && string(head) == magic {
		return fromSQLite(path, table)
	}
	var read func(io.Reader, *sample) error
	switch strings.ToLower(filepath.Ext(path)) {
	case ".csv":
		read = readCSV
	case ".tsv":
		read = readTSV
	case ".jsonl", ".ndjson", ".json":
		read = readJSON
	default:
		return Table{}, fmt.Errorf("%s %w", path, ErrFormat)
	}
	if table == "" {
		table = sampleName(path)
	}
	s := &sample{byName: map[string]*guess{}}
	if err := read(r, s); err != nil {
		return Table{}, fmt.Errorf("%s: %w", path, err)
	}
	return s.table(table, filepath.Base(path)), nil
}

// sampleName is a table's name for a file: its own in lower case, with
// each character other than a letter or digit replaced by an underscore.
func sampleName(path string) string {
	base := filepath.Base(path)
	base = strings.TrimSuffix(base, filepath.Ext(base))
	name := strings.Trim(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return '_'
	}, base), "_")
	if name == "" {
		return "sample"
	}
	return name
}
