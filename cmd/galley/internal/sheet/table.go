package sheet

import (
	"io"

	pretty "github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// Table prints rows in aligned columns. Rows are held back until there are
// enough to compute the widths, and printed a thousand at a time, so that any number
// of them takes bounded memory; a column may grow wider from one thousand to the
// next.
type Table struct {
	out    io.Writer
	rows   pretty.Writer
	names  []string
	right  []bool
	width  []int
	room   int // for all columns, 0 for any
	whole  bool
	headed bool
}

// heldRows are the rows that are laid out together.
const heldRows = 1000

// maxWidth is the width at which a cell is cut. A table is for reading; the
// other forms have all of it.
const maxWidth = 120

// NewTable is a table with these column names. right says which columns are
// aligned to the right; it may change until rows are printed. The Form of style does
// not matter.
func NewTable(w io.Writer, style Style, names []string, right []bool) *Table {
	t := &Table{room: max(style.Width, 0), whole: style.Width == Whole, out: w, rows: pretty.NewWriter(), names: make([]string, len(names)), right: right, width: make([]int, len(names))}
	for i, name := range names {
		t.names[i] = Printable(name)
		t.width[i] = text.StringWidth(t.names[i])
	}
	look := pretty.Style{Name: "galley", Box: pretty.BoxStyle{PaddingRight: "  "}}
	if style.Bold {
		text.EnableColors() // the caller has checked the terminal and NO_COLOR
		look.Color.Header = text.Colors{text.Bold}
	}
	t.rows.SetStyle(look)
	t.rows.SuppressTrailingSpaces()
	return t
}

// Add adds a row.
func (t *Table) Add(cells ...string) error {
	row := make(pretty.Row, len(t.names))
	for i := range row {
		row[i] = ""
		if i < len(cells) {
			cell := cells[i]
			if !t.whole {
				cell = text.Snip(cell, maxWidth, "…")
			}
			row[i] = cell
			t.width[i] = max(t.width[i], text.StringWidth(cell))
		}
	}
	t.rows.AppendRow(row)
	if t.rows.Length() >= heldRows {
		return t.Flush()
	}
	return nil
}

// Empty reports whether nothing was printed and no row is held back.
func (t *Table) Empty() bool { return !t.headed && t.rows.Length() == 0 }

// Flush prints what is held back.
func (t *Table) Flush() error {
	if t.headed && t.rows.Length() == 0 {
		return nil
	}
	if !t.headed {
		t.headed = true
		head := make(pretty.Row, len(t.names))
		for i, name := range t.names {
			head[i] = name
		}
		t.rows.AppendHeader(head)
	}
	columns, most := make([]pretty.ColumnConfig, len(t.names)), fit(t.width, t.room)
	cut := func(cell string) string { return text.Snip(cell, most, "…") }
	for i := range columns {
		columns[i] = pretty.ColumnConfig{Number: i + 1, WidthMin: min(t.width[i], most)}
		if t.width[i] > most {
			columns[i].WidthMax, columns[i].WidthMaxEnforcer = most, func(cell string, _ int) string { return cut(cell) }
		}
		if t.right[i] {
			columns[i].Align, columns[i].AlignHeader = text.AlignRight, text.AlignRight
		}
	}
	t.rows.SetColumnConfigs(columns)
	_, err := io.WriteString(t.out, t.rows.Render()+"\n")
	t.rows.ResetRows()
	t.rows.ResetHeaders()
	return err
}

// gap is the space between two columns, and leastWidth the width to which a column may
// be cut.
const (
	gap        = 2
	leastWidth = 6
)

// fit is the width to which columns must be cut to fit the room, which is 0 for any.
// Narrower columns stay as they are.
func fit(width []int, room int) int {
	most := 0
	for _, w := range width {
		most = max(most, w)
	}
	for ; room > 0 && most > leastWidth; most-- {
		sum := gap * (len(width) - 1)
		for _, w := range width {
			sum += min(w, most)
		}
		if sum <= room {
			break
		}
	}
	return most
}
