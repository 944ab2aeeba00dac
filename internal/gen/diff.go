package gen

import (
	"fmt"
	"os"
	"strings"
)

// Stale compares the file with what is on disk: "" where they are the same,
// or what differs, as diff -u has it. A file that is not there is empty.
func (f File) Stale() (string, error) {
	have, err := os.ReadFile(f.Path)
	if err != nil && !os.IsNotExist(err) {
		return "", err
	}
	if err == nil && string(have) == string(f.Text) {
		return "", nil
	}
	return unified(shown(f.Path), shown(f.Path)+" (generated)", lines(string(have)), lines(string(f.Text))), nil
}

func lines(text string) []string {
	if text == "" {
		return nil
	}
	list := strings.SplitAfter(text, "\n")
	if list[len(list)-1] == "" {
		return list[:len(list)-1]
	}
	list[len(list)-1] += "\n\\ No newline at end of file\n"
	return list
}

// edit is a run of lines: of both texts, or of one.
type edit struct {
	mark byte // ' ', '-' or '+'
	line string
}

// around is how many lines are shown before and behind a difference.
const around = 3

// maxEdits bounds the memory that the search for a shortest way takes, which
// grows with the square of its length.
const maxEdits = 2000

// unified is the difference of two texts in the form of diff -u.
func unified(oldName, newName string, a, b []string) string {
	edits := compare(a, b)
	var out strings.Builder
	fmt.Fprintf(&out, "--- %s\n+++ %s\n", oldName, newName)
	for i := 0; i < len(edits); {
		if edits[i].mark == ' ' {
			i++
			continue
		}
		first := max(0, i-around)
		last := i // behind the last line of the hunk
		for k := i; k < len(edits) && k < last+2*around+1; k++ {
			if edits[k].mark != ' ' {
				last = k + 1
			}
		}
		end := min(len(edits), last+around)
		hunk(&out, edits, first, end)
		i = end
	}
	return out.String()
}

func hunk(out *strings.Builder, edits []edit, first, end int) {
	oldLine, newLine := 1, 1
	for _, e := range edits[:first] {
		if e.mark != '+' {
			oldLine++
		}
		if e.mark != '-' {
			newLine++
		}
	}
	olds, news := 0, 0
	for _, e := range edits[first:end] {
		if e.mark != '+' {
			olds++
		}
		if e.mark != '-' {
			news++
		}
	}
	if olds == 0 {
		oldLine--
	}
	if news == 0 {
		newLine--
	}
	fmt.Fprintf(out, "@@ -%d,%d +%d,%d @@\n", oldLine, olds, newLine, news)
	for _, e := range edits[first:end] {
		out.WriteByte(e.mark)
		out.WriteString(e.line)
	}
}

// compare finds a shortest way from a to b (Myers, "An O(ND) Difference
// Algorithm and Its Variations", 1986).
func compare(a, b []string) []edit {
	n, m := len(a), len(b)
	limit := n + m
	reach := make([]int, 2*limit+2) // the furthest x on each diagonal
	var trace [][]int
	for d := 0; d <= min(limit, maxEdits); d++ {
		trace = append(trace, append([]int(nil), reach[limit-d:limit+d+2]...))
		for k := -d; k <= d; k += 2 {
			x := 0
			if k == -d || k != d && reach[limit+k-1] < reach[limit+k+1] {
				x = reach[limit+k+1]
			} else {
				x = reach[limit+k-1] + 1
			}
			y := x - k
			for x < n && y < m && a[x] == b[y] {
				x, y = x+1, y+1
			}
			reach[limit+k] = x
			if x >= n && y >= m {
				return backtrack(a, b, trace)
			}
		}
	}
	var edits []edit // they have little in common
	for _, line := range a {
		edits = append(edits, edit{'-', line})
	}
	for _, line := range b {
		edits = append(edits, edit{'+', line})
	}
	return edits
}

// backtrack walks the way that compare found from its end.
func backtrack(a, b []string, trace [][]int) []edit {
	x, y := len(a), len(b)
	var edits []edit
	for d := len(trace) - 1; d >= 0; d-- {
		at := func(k int) int { return trace[d][k+d] }
		k := x - y
		before := k - 1
		if k == -d || k != d && at(k-1) < at(k+1) {
			before = k + 1
		}
		startX := 0
		if d > 0 {
			startX = at(before)
		}
		startY := startX - before
		if d == 0 {
			startX, startY = 0, 0
		}
		for x > startX && y > startY {
			x, y = x-1, y-1
			edits = append(edits, edit{' ', a[x]})
		}
		switch {
		case d == 0:
		case x > startX:
			x--
			edits = append(edits, edit{'-', a[x]})
		default:
			y--
			edits = append(edits, edit{'+', b[y]})
		}
	}
	for i, j := 0, len(edits)-1; i < j; i, j = i+1, j-1 {
		edits[i], edits[j] = edits[j], edits[i]
	}
	return edits
}
