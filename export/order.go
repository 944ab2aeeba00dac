package export

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"

	"github.com/galley-db/galley/internal/cells"
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
		columns = append(columns, cells.Plain(t.Columns()[i]))
	}
	return columns, nil
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
		text := s.Columns()[i].Type == schema.Text
		switch sqlite := d.Name() == schema.SQLite().Name(); {
		case sqlite && text: // a column of another program may have another order
			terms[k] += " COLLATE BINARY"
		case text:
			terms[k] += ` COLLATE "C" NULLS FIRST`
		case !sqlite:
			terms[k] += " NULLS FIRST"
		}
	}
	return strings.Join(terms, ", ")
}

// compareRows orders two rows by some of their columns.
func compareRows(a *cells.Chunk, i int, b *cells.Chunk, k int, columns []int) int {
	return compareKeys(a, i, columns, b, k, columns)
}

// compareKeys orders two rows by columns that each chunk has at places of its own.
func compareKeys(a *cells.Chunk, i int, aKey []int, b *cells.Chunk, k int, bKey []int) int {
	for n := range aKey {
		if c := compareCells(&a.Cells[aKey[n]], i, &b.Cells[bKey[n]], k); c != 0 {
			return c
		}
	}
	return 0
}

// sameRow reports whether the first columns of two rows are equal.
func sameRow(a, b *cells.Chunk, columns int) bool {
	for i := range columns {
		if compareCells(&a.Cells[i], 0, &b.Cells[i], 0) != 0 {
			return false
		}
	}
	return true
}

// compareCells orders two values as SQLite's ORDER BY does, NULL first
// (https://sqlite.org/datatype3.html#sort_order).
func compareCells(a *cells.Cells, i int, b *cells.Cells, k int) int {
	switch an, bn := a.IsNull(i), b.IsNull(k); {
	case an && bn:
		return 0
	case an:
		return -1
	case bn:
		return 1
	}
	switch a.Form {
	case cells.AsInt:
		if a.Unsigned {
			return cmp.Compare(uint64(a.Ints[i]), uint64(b.Ints[k]))
		}
		return cmp.Compare(a.Ints[i], b.Ints[k])
	case cells.AsFloat:
		return cmp.Compare(a.Floats[i], b.Floats[k])
	}
	return bytes.Compare(a.At(i), b.At(k))
}

// keyText shows the first columns of a row.
func keyText(c *cells.Chunk, k, columns int) string {
	parts := make([]string, columns)
	for i := range parts {
		value := "NULL"
		if !c.Cells[i].IsNull(k) {
			value = string(cells.AppendText(nil, &c.Columns[i], &c.Cells[i], k))
		}
		parts[i] = c.Columns[i].Name + "=" + value
	}
	return strings.Join(parts, ", ")
}
