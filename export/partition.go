package export

import (
	"fmt"
	"slices"
	"strings"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/schema"
)

// maxFiles is how many files a dataset has at most: a folder of many more is slow
// to list and to open, for each reader.
const maxFiles = 10_000

// maxName is how many bytes most file systems allow in the name of a folder.
const maxName = 255

// PartitionError says why a table cannot be written in partitions.
type PartitionError struct {
	Table  string
	Column string // "" where it is not one column's fault
	Value  string // of the column, "" where it is not one value's fault
	Reason string
}

// Error names the table, the column and the value.
func (e *PartitionError) Error() string {
	text := fmt.Sprintf("table %q cannot be written in partitions: ", e.Table)
	if e.Column != "" {
		text += fmt.Sprintf("column %q: ", e.Column)
	}
	if e.Value != "" {
		text += fmt.Sprintf("value %q: ", shortened(e.Value))
	}
	return text + e.Reason
}

// shortened is the beginning of a long value, for an error.
func shortened(value string) string {
	const most = 60
	if runes := []rune(value); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return value
}

// partitioned reports whether tables are written as folders of files.
func (o *Options) partitioned() bool { return len(o.PartitionBy) > 0 || o.RowsPerFile != 0 }

// partitionable finds the columns that name the folders. Each value of such a
// column has one spelling.
func partitionable(s *schema.Schema, names []string) (places []int, err error) {
	for _, name := range names {
		i, ok := s.Column(name)
		if !ok {
			return nil, &ColumnError{Table: s.Name(), Column: name}
		}
		c := &s.Columns()[i]
		refused := func(reason string) error {
			return &PartitionError{Table: s.Name(), Column: c.Name, Reason: reason}
		}
		switch {
		case slices.Contains(places, i):
			return nil, refused("it is named twice")
		case cells.FormOf(c) == cells.AsFloat:
			return nil, refused(fmt.Sprintf("it is %s, and a float has several spellings; choose a column of text, integers, booleans or times", c.Type))
		case c.Type == schema.Blob, c.Type == schema.JSON, cells.IsVector(c.Type):
			return nil, refused(fmt.Sprintf("it is %s, which does not name a folder; choose a column of text, integers, booleans or times", c.Type))
		}
		places = append(places, i)
	}
	return places, nil
}

// partitionName is the path of the folder for a row, below the folder of the
// table: one level for each column.
func partitionName(c *cells.Chunk, row int, by []int, table string) (string, error) {
	levels := make([]string, len(by))
	for n, i := range by {
		var value *string
		if !c.Cells[i].IsNull(row) {
			text := string(cells.AppendText(nil, &c.Columns[i], &c.Cells[i], row))
			value = &text
		}
		levels[n] = formats.PartitionFolder(c.Columns[i].Name, value)
		if len(levels[n]) > maxName {
			return "", &PartitionError{Table: table, Column: c.Columns[i].Name, Value: *value,
				Reason: fmt.Sprintf("its folder would have a name of %d bytes, and file systems allow %d; choose another column, or one with shorter values", len(levels[n]), maxName)}
		}
	}
	return strings.Join(levels, "/"), nil
}
