package evolve

import (
	"fmt"
	"slices"
	"strings"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Unique is a unique index over whole columns and all rows of a table.
type Unique struct {
	Rule    Rule
	Columns []string // in any order
}

// Rule is what a unique index belongs to.
type Rule uint8

// The rules. An index that another program created is not a rule of the table.
const (
	NoRule Rule = iota
	UniqueRule
	PrimaryKey
)

// BrokenKeys says which keys and unique groups of a table are not what its schema
// says: those that are missing, and those that were added.
func BrokenKeys(s *schema.Schema, have []Unique) (wrong []string) {
	same := func(a, b []string) bool {
		return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
	}
	unique := func(columns []string) bool {
		return slices.ContainsFunc(have, func(u Unique) bool { return same(u.Columns, columns) })
	}
	say := func(rule string, columns []string, what string) {
		wrong = append(wrong, fmt.Sprintf("%s (%s) %s", rule, strings.Join(columns, ", "), what))
	}
	for _, g := range s.Uniques() {
		if !unique(g.Columns) {
			say("UNIQUE", g.Columns, "is missing")
		}
	}
	if key := s.Key(); len(key) > 0 && !unique(key) {
		say("PRIMARY KEY", key, "is missing")
	}
	for _, u := range have {
		switch {
		case u.Rule == PrimaryKey && !same(u.Columns, s.Key()):
			say("PRIMARY KEY", u.Columns, "was added")
		case u.Rule == UniqueRule && !slices.ContainsFunc(s.Uniques(), func(g schema.Group) bool { return same(g.Columns, u.Columns) }):
			say("UNIQUE", u.Columns, "was added")
		}
	}
	return wrong
}

// DroppedByHand is the error for a table that galley_columns describes and that does
// not exist.
func DroppedByHand(place string, s *schema.Schema) error {
	return &store.MismatchError{Path: place, Table: s.Name(), Reason: "another program dropped or renamed it",
		Hint: "restore the table, or delete its rows in galley_columns: galley then creates it again, and its batches can be stored again"}
}

// Defaulted is a column's default as CREATE TABLE has it.
func Defaulted(value string) string {
	if value == "" {
		return "no DEFAULT"
	}
	return "DEFAULT " + value
}
