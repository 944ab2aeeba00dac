package sheet

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTable(t *testing.T) {
	var b strings.Builder
	tbl := NewTable(&b, Style{}, []string{"name", "n"}, []bool{false, true})
	for _, row := range [][]string{{"a", "1"}, {"日本", "22"}, {"é", "333"}, {"", ""}, {"|+-", "4"}} {
		if err := tbl.Add(row...); err != nil {
			t.Fatal(err)
		}
	}
	if err := tbl.Flush(); err != nil {
		t.Fatal(err)
	}
	want := "" +
		"name    n\n" +
		"a       1\n" +
		"日本   22\n" +
		"é     333\n" +
		"\n" +
		"|+-     4\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Of more rows than are held back, the names come once, columns stay where
// they are, and a long cell is cut.
func TestLongTable(t *testing.T) {
	var b strings.Builder
	tbl := NewTable(&b, Style{}, []string{"n", "text"}, []bool{true, false})
	const rows = 2*heldRows + 1
	for i := range rows {
		cell := "x"
		if i == 0 {
			cell = strings.Repeat("y", maxWidth+1)
		}
		if err := tbl.Add(fmt.Sprint(i%heldRows), cell); err != nil {
			t.Fatal(err)
		}
	}
	if err := tbl.Flush(); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if len(lines) != rows+1 {
		t.Fatalf("%d lines, want %d", len(lines), rows+1)
	}
	if want := "  0  " + strings.Repeat("y", maxWidth-1) + "…"; lines[1] != want {
		t.Errorf("the first row: %q, want %q", lines[1], want)
	}
	for i, line := range lines[2:] {
		if want := fmt.Sprintf("%3d  x", (i+1)%heldRows); line != want {
			t.Fatalf("row %d: %q, want %q", i+1, line, want)
		}
	}
	if strings.Count(b.String(), "text") != 1 {
		t.Error("the names come more than once")
	}
}

// A table without rows still has its names, and one that is bold has them so.
func TestHead(t *testing.T) {
	for _, test := range []struct {
		bold bool
		want string
	}{{false, "a  b\n"}, {true, "\x1b[1ma  \x1b[0m\x1b[1mb  \x1b[0m\n"}} {
		t.Setenv("NO_COLOR", "")
		var b strings.Builder
		tbl := NewTable(&b, Style{Bold: test.bold}, []string{"a", "b"}, make([]bool, 2))
		for range 2 {
			if err := tbl.Flush(); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(test.want, b.String()); diff != "" {
			t.Errorf("bold %t (-want +got):\n%s", test.bold, diff)
		}
	}
}

// A table fits the width it is given: only the columns that are too long are cut.
func TestTableFitsTheWidth(t *testing.T) {
	long := strings.Repeat("x", 200)
	for _, test := range []struct {
		width, want int // of the longest line
		mark        bool
	}{{0, 3 + 2 + 120, true}, {40, 40, true}, {12, 12, true}, {8, 3 + 2 + leastWidth, true}, {Whole, 3 + 2 + 200, false}} {
		var b strings.Builder
		table := NewTable(&b, Style{Width: test.width}, []string{"n", "text"}, []bool{true, false})
		for _, row := range [][]string{{"123", long}, {"4", "short"}} {
			if err := table.Add(row...); err != nil {
				t.Fatal(err)
			}
		}
		if err := table.Flush(); err != nil {
			t.Fatal(err)
		}
		longest := 0
		for line := range strings.Lines(b.String()) {
			longest = max(longest, len([]rune(strings.TrimSuffix(line, "\n"))))
		}
		if longest != test.want || strings.Contains(b.String(), "…") != test.mark || !strings.Contains(b.String(), "123") || !strings.Contains(b.String(), "short") {
			t.Errorf("width %d: %d characters, want %d:\n%s", test.width, longest, test.want, b.String())
		}
	}
}
