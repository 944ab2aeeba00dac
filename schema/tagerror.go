package schema

import (
	"fmt"
	"strings"
)

// TagError is everything that keeps a Go type from being a table.
type TagError struct {
	Type     string    // the Go type, as "features.Scan"
	Problems []Problem // in the order of the fields, at least one
}

// Problem is one thing that is wrong with a struct.
type Problem struct {
	Field   string // path of the field, as "Scan.Volume"; "" for the struct itself
	Option  string // option of the tag, "" where it is not about one
	Message string // what is wrong and what to do
	Nearest string // the known option that an unknown one is most like, "" elsewhere
}

// Error lists all problems, one a line.
func (e *TagError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "schema: %s cannot be a table:", e.Type)
	for _, p := range e.Problems {
		b.WriteString("\n\t" + p.String())
	}
	return b.String()
}

// String is the problem in a line.
func (p Problem) String() string {
	var parts []string
	if p.Field != "" {
		parts = append(parts, "field "+p.Field)
	}
	if p.Option != "" {
		parts = append(parts, fmt.Sprintf("option %q", p.Option))
	}
	text := strings.Join(append(parts, p.Message), ": ")
	if p.Nearest != "" {
		text += fmt.Sprintf("; did you mean %q?", p.Nearest)
	}
	return text
}

// nearestOption is the known option that name is most like, by the number of
// letters to insert, leave out, or replace.
func nearestOption(name string) string {
	nearest, least := "", -1
	for _, r := range grammar {
		if r.Name == "" {
			continue
		}
		if d := distance(strings.ToLower(name), r.Name); least < 0 || d < least {
			nearest, least = r.Name, d
		}
	}
	return nearest
}

// distance is Levenshtein's. Names are looked at up to 64 bytes: a tag may be
// any text.
func distance(a, b string) int {
	a = a[:min(len(a), 64)]
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := corner
			if a[i] != b[j] {
				cost++
			}
			corner = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
