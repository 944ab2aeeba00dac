package evolve

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Outdated returns a *MismatchError if s adds a column under the old name of a
// column of have that s does not have: a program from before the rename would
// find none of the values that are stored under the new name, and write its own
// beside them. history is the changes of the table's rows in galley_history, in
// order.
func Outdated(place string, s, have *schema.Schema, history []string) error {
	now := newNames(history)
	p := pairing{s, have}
	for i, from := range p.sources() {
		c := s.Columns()[i]
		if from >= 0 {
			continue
		}
		name := follow(now, c.Name)
		if at, ok := have.Column(name); !ok || Fold(name) == Fold(c.Name) || p.column(have.Columns()[at].Name) != nil {
			continue
		}
		return &store.MismatchError{Path: place, Table: s.Name(),
			Changes: []schema.Change{{Kind: schema.Added, Column: c.Name, Want: c.Spec(), Risk: schema.Lossy}},
			Reason:  fmt.Sprintf("column %q was renamed to %q, and this program has the old name", c.Name, name),
			Hint:    fmt.Sprintf("run the program that has column %q; to rename it back, tag the field was=%s", name, name)}
	}
	return nil
}

// LaterNames returns the names, folded, that a column may have after the renames of
// history, the changes of the table's rows in galley_history, in order. The same name
// may have been that of several columns, one after the other, so the column is
// followed from each entry on.
func LaterNames(history []string, name string) (names []string) {
	for from := range history {
		now := Fold(CurrentName(history[from:], name))
		names = append(names, now)
	}
	return names
}

// CurrentName returns the name that a column has after the renames of history, the
// changes of the table's rows in galley_history since it had the given name, in order.
func CurrentName(history []string, name string) string {
	for i := range history {
		if next, ok := newNames(history[i : i+1])[Fold(name)]; ok {
			name = next
		}
	}
	return name
}

func follow(now map[string]string, name string) string {
	for range len(now) { // a name that came back would lead round for ever
		next, ok := now[Fold(name)]
		if !ok {
			break
		}
		name = next
	}
	return name
}

// RenamedFrom is the beginning of the history's entry for a table that was renamed.
const RenamedFrom = "renamed from "

// newNames returns the new name of each column that was renamed, by its old
// name. The lines are those of [schema.Change.String].
func newNames(history []string) map[string]string {
	names := map[string]string{}
	for _, changes := range history {
		if strings.HasPrefix(changes, RenamedFrom) {
			continue // the rest is the name of a table, which may look like a line
		}
		for changes != "" {
			old, name, rest, ok := renaming(changes)
			if ok {
				names[Fold(old)] = name
			} else {
				_, rest, _ = strings.Cut(changes, "\n")
			}
			changes = rest
		}
	}
	return names
}

// renaming reads the line of a column that was renamed, at the beginning of text,
// and returns what follows it. A name with a line break is quoted; before galley
// quoted it, it went over several lines, and ends where the new name, which was
// always quoted at the beginning, stands again.
func renaming(text string) (old, name, rest string, ok bool) {
	line, ok := strings.CutPrefix(text, schema.Renamed.String()+" ")
	quoted, err := strconv.QuotedPrefix(line)
	if !ok || err != nil {
		return "", "", "", false
	}
	name, _ = strconv.Unquote(quoted) // which QuotedPrefix has checked
	line, ok = strings.CutPrefix(line[len(quoted):], ": have ")
	found := false
	for _, want := range []string{name, quoted} {
		before, after, here := strings.Cut(line+"\n", fmt.Sprintf(", want %s (%s)\n", want, schema.Safe))
		if ok && here && (!found || len(before) < len(old)) {
			old, rest, found = before, strings.TrimSuffix(after, "\n"), true
		}
	}
	if plain, err := strconv.Unquote(old); err == nil && strings.HasPrefix(old, `"`) {
		old = plain
	}
	return old, name, rest, found
}

// Fold is a column's name as SQLite compares it: without the case of ASCII
// letters.
func Fold(name string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, name)
}
