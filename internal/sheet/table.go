package sheet

import (
	"bytes"
	"io"
	"strings"

	"github.com/rivo/uniseg"
)

// Table prints rows in aligned columns. Rows are held back until there are
// enough to know the widths; later ones may stand out.
type Table struct {
	out     io.Writer
	bold    bool
	names   []string
	right   []bool
	width   []int
	rows    [][]string
	printed bool
}

// heldRows are the rows whose widths are looked at.
const heldRows = 1000

// NewTable is a table with these column names. right tells which columns are
// aligned to the right. Under bold the names are.
func NewTable(w io.Writer, bold bool, names []string, right []bool) *Table {
	t := &Table{out: w, bold: bold, names: make([]string, len(names)), right: right, width: make([]int, len(names))}
	for i, name := range names {
		t.names[i] = Printable(name)
		t.width[i] = uniseg.StringWidth(t.names[i])
	}
	return t
}

// Add adds a row.
func (t *Table) Add(cells ...string) error {
	row := make([]string, len(t.names))
	copy(row, cells)
	if t.printed {
		return t.print(row, false)
	}
	t.rows = append(t.rows, row)
	for i, cell := range row {
		t.width[i] = max(t.width[i], min(uniseg.StringWidth(cell), 60))
	}
	if len(t.rows) >= heldRows {
		return t.Flush()
	}
	return nil
}

// Flush prints what is held back.
func (t *Table) Flush() error {
	if !t.printed {
		t.printed = true
		if err := t.print(t.names, true); err != nil {
			return err
		}
	}
	for _, row := range t.rows {
		if err := t.print(row, false); err != nil {
			return err
		}
	}
	t.rows = nil
	return nil
}

func (t *Table) print(row []string, head bool) error {
	var b bytes.Buffer
	for i, cell := range row {
		if i > 0 {
			b.WriteString("  ")
		}
		pad := strings.Repeat(" ", max(t.width[i]-uniseg.StringWidth(cell), 0))
		if t.right[i] {
			b.WriteString(pad)
		}
		b.WriteString(cell)
		if !t.right[i] && i < len(row)-1 {
			b.WriteString(pad)
		}
	}
	text := b.String()
	if head && t.bold {
		text = "\x1b[1m" + text + "\x1b[0m"
	}
	_, err := io.WriteString(t.out, text+"\n")
	return err
}
