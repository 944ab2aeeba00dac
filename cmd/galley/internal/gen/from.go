package gen

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	"github.com/galley-db/galley/load"
)

// FromFile finds a table in a file: in an SQLite file, of galley or not, the
// table of the name, which may be "" where there is only one; or the one that the
// rows of a file make that [load.Load] reads, under the name, which is by default
// the file's. The types are those that an import of the file gives its table.
func FromFile(ctx context.Context, path, table string) (Table, error) {
	database, err := IsSQLite(path)
	if err != nil {
		return Table{}, err
	}
	if database {
		return fromSQLite(path, table)
	}
	if table == "" {
		table = sampleName(path)
	}
	s, inferred, err := load.Infer(ctx, load.Options{Table: table, Sources: []string{path}})
	if err != nil {
		return Table{}, err
	}
	t := Table{Name: table, Source: filepath.Base(path), Notes: []string{"types were inferred from the file's rows."}}
	for i, c := range s.Columns() {
		t.Columns = append(t.Columns, Column{Column: c, Note: inferred[i].Why})
	}
	return t, nil
}

// IsSQLite reports whether a file begins as the files of SQLite do.
func IsSQLite(path string) (bool, error) {
	const magic = "SQLite format 3\x00"
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	head := make([]byte, len(magic))
	_, err = io.ReadFull(f, head)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return false, nil
	}
	return bytes.Equal(head, []byte(magic)), err
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

// count is a number with what it counts.
func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return strconv.Itoa(n) + " " + what
}
