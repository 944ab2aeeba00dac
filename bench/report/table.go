package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Table writes one Markdown table for each case and metric, in the order of
// results: the median, the lowest and highest value, and how many times
// better galley is.
func Table(w io.Writer, results []Result) error {
	var head *Result
	var lines [][]string
	var err error
	flush := func() {
		if head == nil || err != nil {
			return
		}
		title := fmt.Sprintf("\n**%s: %s, %s", head.Workload, head.Case, head.Metric.Name)
		if head.Metric.Unit != "" && head.Metric.Unit != head.Metric.Name {
			title += " (" + head.Metric.Unit + ")"
		}
		if head.Metric.Lower {
			title += ", lower is better"
		}
		_, err = io.WriteString(w, title+"**\n\n"+markdown(lines))
	}
	for i := range results {
		r := &results[i]
		if head == nil || head.Workload != r.Workload || head.Case != r.Case || head.Metric != r.Metric {
			flush()
			head = r
			lines = [][]string{{"peer", "median", "lowest", "highest", "galley is x times as good"}}
		}
		if len(r.Values) == 0 {
			lines = append(lines, []string{r.Peer, r.Note, "", "", ""})
			continue
		}
		ratio := "-"
		if r.Ratio != 0 {
			ratio = strconv.FormatFloat(r.Ratio, 'f', 2, 64)
		}
		lines = append(lines, []string{
			r.Peer, Number(r.Median), Number(slices.Min(r.Values)), Number(slices.Max(r.Values)), ratio,
		})
	}
	flush()
	return err
}

// markdown lays out lines, the first of which is the head. The first column
// is to the left, the others to the right.
func markdown(lines [][]string) string {
	width := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, cell := range line {
			width[i] = max(width[i], utf8.RuneCountInString(cell), 3)
		}
	}
	var b strings.Builder
	for n, line := range lines {
		for i, cell := range line {
			gap := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				b.WriteString("| " + cell + gap)
			} else {
				b.WriteString(" | " + gap + cell)
			}
		}
		b.WriteString(" |\n")
		if n > 0 {
			continue
		}
		for i := range line {
			if i == 0 {
				b.WriteString("| " + strings.Repeat("-", width[i]))
			} else {
				b.WriteString(" | " + strings.Repeat("-", width[i]-1) + ":")
			}
		}
		b.WriteString(" |\n")
	}
	return b.String()
}

// Number formats v with three significant digits or more, a whole number
// without a fraction, and thousands separated by commas.
func Number(v float64) string {
	digits := 0
	for limit := 100.0; digits < 4 && v < limit && v != 0; limit /= 10 {
		digits++
	}
	if v == math.Trunc(v) {
		digits = 0
	}
	s := strconv.FormatFloat(v, 'f', digits, 64)
	whole, fraction, _ := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if fraction != "" {
		whole += "." + fraction
	}
	return whole
}
