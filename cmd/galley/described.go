package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/agnivade/levenshtein"

	"github.com/galley-db/galley/cmd/galley/internal/sheet"
	"github.com/galley-db/galley/schema"
)

// tables is a database whose tables are known by name.
type tables interface {
	Describe(ctx context.Context, table string) (*schema.Schema, error)
	Tables(ctx context.Context) ([]*schema.Schema, error)
}

// described finds a table of a database.
func described(ctx context.Context, db tables, name string) (*schema.Schema, error) {
	s, err := db.Describe(ctx, name)
	if err != nil || s != nil {
		return s, err
	}
	all, err := db.Tables(ctx)
	if err != nil { // of another table of a foreign file
		return nil, fmt.Errorf("table %q does not exist; the others: %w", name, err)
	}
	names := make([]string, len(all))
	for i, t := range all {
		names[i] = t.Name()
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("table %q does not exist; the file has no tables", name)
	}
	return nil, fmt.Errorf("table %q does not exist; the file has %s%s", name, list(names), didYouMean(name, names))
}

// unknownName is how SQLite says that a query names what is not there.
var unknownName = regexp.MustCompile(`no such (table|column): "?([^"]+)"?$`)

// misnamed adds to the error of a query what its writer may have meant.
func misnamed(ctx context.Context, db tables, err error) error {
	found := unknownName.FindStringSubmatch(err.Error())
	if found == nil {
		return err
	}
	all, listErr := db.Tables(ctx)
	if listErr != nil {
		return err
	}
	var names []string
	for _, t := range all {
		if found[1] == "table" {
			names = append(names, t.Name())
			continue
		}
		for _, c := range t.Columns() {
			names = append(names, c.Name)
		}
	}
	name := found[2][strings.LastIndexByte(found[2], '.')+1:]
	return fmt.Errorf("%w%s", err, didYouMean(name, names))
}

// didYouMean proposes the name that is most like a wrong one, unless none is.
func didYouMean(wrong string, names []string) string {
	nearest, least := "", max(2, len(wrong)/3)+1
	for _, name := range names {
		if d := levenshtein.ComputeDistance(strings.ToLower(wrong), strings.ToLower(name)); d < least {
			nearest, least = name, d
		}
	}
	if nearest == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %s?", sheet.Printable(nearest))
}

// list is a list of names for people.
func list(names []string) string {
	s := ""
	for i, name := range names {
		switch {
		case i > 0 && i == len(names)-1:
			s += " and "
		case i > 0:
			s += ", "
		}
		s += sheet.Printable(name)
	}
	return s
}
