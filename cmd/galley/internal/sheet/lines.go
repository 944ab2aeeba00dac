package sheet

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

var (
	markdownCell = strings.NewReplacer("\\", "\\\\", "|", "\\|", "<", "&lt;", "&", "&amp;", "`", "\\`", "*", "\\*", "_", "\\_", "[", "\\[")
	tsvCell      = strings.NewReplacer("\\", "\\\\", "\t", "\\t", "\n", "\\n", "\r", "\\r")
)

// markdownLine is a row of a table in Markdown. Text is shown as it is.
func markdownLine(cells []string) string {
	for i, cell := range cells {
		cells[i] = markdownCell.Replace(Printable(cell))
	}
	return "| " + strings.Join(cells, " | ") + " |"
}

// tsvLine is a row of tab-separated values: a tab, a line end and a backslash within a
// value have a backslash before them.
func tsvLine(cells []string) string {
	for i, cell := range cells {
		cells[i] = tsvCell.Replace(cell)
	}
	return strings.Join(cells, "\t")
}

// lines prints a head, under rule a line below it, and a line for each row. Nothing is
// printed before an error of the first row.
func (r *Rows) lines(ctx context.Context, w *bufio.Writer, line func([]string) string, rule bool) error {
	headed := false
	head := func() {
		if headed {
			return
		}
		headed = true
		fmt.Fprintln(w, line(r.names()))
		if rule {
			fmt.Fprintln(w, "|"+strings.Repeat(" --- |", len(r.Columns)))
		}
	}
	cells := make([]string, len(r.Columns))
	err := r.Each(ctx, func(values []any) error {
		head()
		for i, v := range values {
			cells[i] = plain(v)
		}
		_, err := fmt.Fprintln(w, line(cells))
		return err
	})
	if err == nil {
		head()
	}
	return err
}

// vertical prints each row as a heading and a line for each column.
func (r *Rows) vertical(ctx context.Context, w *bufio.Writer) error {
	names, longest := r.names(), 0
	for i, name := range names {
		names[i] = Printable(name)
		longest = max(longest, text.StringWidth(names[i]))
	}
	n := 0
	return r.Each(ctx, func(values []any) error {
		n++
		fmt.Fprintf(w, "row %d\n", n)
		for i, v := range values {
			if _, err := fmt.Fprintf(w, "  %s  %s\n", text.Pad(names[i], longest, ' '), wholeText(v)); err != nil {
				return err
			}
		}
		return nil
	})
}
