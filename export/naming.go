package export

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/galley-db/galley/internal/cells"
)

// naming is the values that name a new column of the wide form, nil for NULL.
func naming(c *cells.Chunk, k, from, to int) []*string {
	of := make([]*string, 0, to-from)
	for i := from; i < to; i++ {
		if c.Cells[i].IsNull(k) {
			of = append(of, nil)
			continue
		}
		text := string(cells.AppendText(nil, &c.Columns[i], &c.Cells[i], k))
		of = append(of, &text)
	}
	return of
}

// joined is the name that values give a column. Other values may give the same.
func joined(of []*string) string {
	parts := make([]string, len(of))
	for i, v := range of {
		if parts[i] = "NULL"; v != nil {
			parts[i] = *v
		}
	}
	return strings.Join(parts, "_")
}

// tuples makes texts of values, each of which only these values have.
type tuples struct{ all, one []byte }

// of returns the text for some columns of a row, valid until the next call.
func (t *tuples) of(c *cells.Chunk, k, from, to int) []byte {
	t.all = t.all[:0]
	for i := from; i < to; i++ {
		if c.Cells[i].IsNull(k) {
			t.all = append(t.all, '-')
			continue
		}
		t.one = cells.AppendText(t.one[:0], &c.Columns[i], &c.Cells[i], k)
		t.all = append(strconv.AppendInt(t.all, int64(len(t.one)), 10), ':')
		t.all = append(t.all, t.one...)
	}
	return t.all
}

// shown is values for an error, such as (atlas="a", name=NULL).
func shown(columns []string, of []*string) string {
	parts := make([]string, len(of))
	for i, v := range of {
		value := "NULL"
		if v != nil {
			value = strconv.Quote(*v)
		}
		name := strconv.Itoa(i + 1)
		if i < len(columns) {
			name = columns[i]
		}
		parts[i] = name + "=" + value
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// takeNames gives each column of a wide file the values that name it: those of
// the table, and of the columns that only the earlier file has, what its manifest
// says. A column that stands for other values in the file is a *[MergeError].
func (j *job) takeNames(fresh map[string][]*string, earlier *File) error {
	j.named = fresh
	if earlier == nil {
		return nil
	}
	for _, c := range earlier.Columns {
		here, ok := j.named[c.Name]
		switch {
		case c.Named == nil:
		case !ok:
			j.named[c.Name] = c.Named
		case !slices.EqualFunc(here, c.Named, func(a, b *string) bool {
			return (a == nil) == (b == nil) && (a == nil || *a == *b)
		}):
			return &MergeError{File: j.name, Table: j.table.Name, Column: c.Name, Reason: fmt.Sprintf("stands for %s in the file and %s in the table; change one of the values",
				shown(j.table.Wide.Columns, c.Named), shown(j.table.Wide.Columns, here))}
		}
	}
	return nil
}
