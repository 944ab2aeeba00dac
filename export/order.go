package export

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"

	"github.com/galley-db/galley/schema"
)

// pick finds columns by name, without what only the table itself needs.
func pick(t *schema.Schema, names []string) ([]schema.Column, error) {
	var columns []schema.Column
	for _, name := range names {
		i, ok := t.Column(name)
		if !ok {
			return nil, &ColumnError{Table: t.Name(), Column: name}
		}
		columns = append(columns, plain(t.Columns()[i]))
	}
	return columns, nil
}

// plain is what a column holds, without its constraints.
func plain(c schema.Column) schema.Column {
	return schema.Column{Name: c.Name, Type: c.Type, Nullable: c.Nullable, Unit: c.Unit, NaNNull: c.NaNNull, Uint: c.Uint, Dim: c.Dim}
}

// ColumnError says that a table has no such column.
type ColumnError struct{ Table, Column string }

func (e *ColumnError) Error() string {
	return fmt.Sprintf("table %q has no column %q", e.Table, e.Column)
}

// quoted is a list of quoted names, each followed by suffix.
func quoted(d schema.Dialect, names []string, suffix string) string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = d.Quote(name) + suffix
	}
	return strings.Join(all, ", ")
}

// orderBy is the text of an ORDER BY that orders as compareCells does.
func orderBy(d schema.Dialect, s *schema.Schema, names []string) string {
	terms := make([]string, len(names))
	for k, name := range names {
		i, _ := s.Column(name)
		terms[k] = d.Quote(s.Columns()[i].Name)
		if d.Name() == schema.SQLite().Name() {
			continue
		}
		if c := s.Columns()[i]; c.Type == schema.Text {
			terms[k] += ` COLLATE "C"`
		}
		terms[k] += " NULLS FIRST"
	}
	return strings.Join(terms, ", ")
}

// compareRows orders two rows by some of their columns.
func compareRows(a *chunk, i int, b *chunk, k int, columns []int) int {
	for _, at := range columns {
		if c := compareCells(&a.cells[at], i, &b.cells[at], k); c != 0 {
			return c
		}
	}
	return 0
}

// sameRow tells whether the first columns of two rows are equal.
func sameRow(a, b *chunk, columns int) bool {
	for i := range columns {
		if compareCells(&a.cells[i], 0, &b.cells[i], 0) != 0 {
			return false
		}
	}
	return true
}

// compareCells orders two values as SQLite's ORDER BY does, NULL first
// (https://sqlite.org/datatype3.html#sort_order).
func compareCells(a *cells, i int, b *cells, k int) int {
	switch an, bn := a.isNull(i), b.isNull(k); {
	case an && bn:
		return 0
	case an:
		return -1
	case bn:
		return 1
	}
	switch a.form {
	case asInt:
		if a.unsigned {
			return cmp.Compare(uint64(a.ints[i]), uint64(b.ints[k]))
		}
		return cmp.Compare(a.ints[i], b.ints[k])
	case asFloat:
		return cmp.Compare(a.floats[i], b.floats[k])
	}
	return bytes.Compare(a.at(i), b.at(k))
}

// keyText shows the first columns of a row.
func keyText(c *chunk, k, columns int) string {
	parts := make([]string, columns)
	for i := range parts {
		value := "NULL"
		if !c.cells[i].isNull(k) {
			value = string(appendCell(nil, &c.columns[i], &c.cells[i], k))
		}
		parts[i] = c.columns[i].Name + "=" + value
	}
	return strings.Join(parts, ", ")
}
