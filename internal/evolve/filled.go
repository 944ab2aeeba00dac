package evolve

import (
	"fmt"
	"strings"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Filled returns a *MismatchError if changes, which how allows, drop a column that
// has values, unless how is RebuildAndDrop. count returns the number of rows with
// a value in a column.
func Filled(how store.Evolution, place string, s *schema.Schema, changes []schema.Change, count func(column string) (int64, error)) error {
	if how == store.RebuildAndDrop {
		return nil
	}
	e := &store.MismatchError{Path: place, Table: s.Name()}
	var reasons []string
	for _, c := range changes {
		if c.Kind != schema.Dropped {
			continue
		}
		rows, err := count(c.Column)
		if err != nil {
			return err
		}
		if rows > 0 {
			e.Changes = append(e.Changes, c)
			reasons = append(reasons, fmt.Sprintf("column %q, which the struct lacks, has values in %d rows", c.Column, rows))
		}
	}
	if len(reasons) == 0 {
		return nil
	}
	e.Reason = strings.Join(reasons, "; ")
	e.Hint = fmt.Sprintf("tag the field that continues the column was=%s; to lose the values, open the table with Options.Evolve RebuildAndDrop", e.Changes[0].Column)
	return e
}
