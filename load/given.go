package load

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// checkCSV returns an error for settings of CSV if no source is CSV: the caller
// expects them to do something.
func (l *loading) checkCSV() error {
	if slices.ContainsFunc(l.sources, func(s *source) bool { return s.format == formats.CSV }) {
		return nil
	}
	for _, o := range []struct {
		given bool
		what  string
	}{
		{len(l.opts.Nulls) > 0, "texts that are NULL"},
		{l.opts.Comma != 0, "a delimiter"},
		{l.opts.NoHeader, "a missing line of column names"},
	} {
		if o.given {
			return fmt.Errorf("%w: %s applies only to CSV, and no source is CSV; leave it out", store.ErrOptions, o.what)
		}
	}
	return nil
}

// checkTypes returns an error for a type that the caller has named for a column of
// a table that exists and has another type.
func (l *loading) checkTypes(have *schema.Schema) error {
	for _, name := range slices.Sorted(maps.Keys(l.opts.Types)) {
		want := l.opts.Types[name]
		at, ok := have.Column(name)
		if !ok {
			if l.opts.Evolve {
				continue // the sources have it, or infer says so
			}
			return fmt.Errorf("%w: a type is given for the column %q, which the table lacks", store.ErrOptions, name)
		}
		if c := &have.Columns()[at]; c.Type != want.Type || c.Type == schema.Time && c.Unit != want.Unit {
			return fmt.Errorf("%w: the column %q is %s in the table, and the type %s is given for it; types can be chosen for new columns only",
				store.ErrOptions, c.Name, c.Spec(), want.Spec())
		}
	}
	return nil
}

// checkMode returns an error for a mode that finds rows by columns that the table
// does not have.
func (l *loading) checkMode(table *schema.Schema) error {
	switch {
	case l.opts.Mode == schema.Append, len(table.Key()) > 0, l.opts.Mode == schema.Ignore && len(table.Uniques()) > 0:
		return nil
	}
	return fmt.Errorf("%w: %s finds rows of the table by its key columns; without them, leave it out", store.ErrNoKey, l.opts.Mode)
}

// checkRenamed returns an error for a column that no source has under the name that
// the caller has given.
func (l *loading) checkRenamed(has func(column string) bool) error {
	for _, from := range slices.Sorted(maps.Keys(l.opts.Columns)) {
		if to := l.opts.Columns[from]; !has(to) {
			return fmt.Errorf("no source has the column %q, which would be %q in the table: %w", from, to, formats.ErrFormat)
		}
	}
	return nil
}

// inFiles returns the error for a table in the words of an import, which has no
// struct. The table did not differ when the import looked at it.
func inFiles(err error) error {
	var mismatch *store.MismatchError
	if !errors.As(err, &mismatch) {
		return err
	}
	text := strings.Replace(err.Error(), "does not fit the struct", "does not fit the files", 1)
	if mismatch.Hint != "" && mismatch.Reason == "" {
		text = strings.Replace(text, mismatch.Hint, "another program has created or changed the table since this import began; run the import again", 1)
	}
	text = strings.Replace(text, "use another Options.Name", "import into a table of another name", 1)
	return &rowError{text, err}
}
