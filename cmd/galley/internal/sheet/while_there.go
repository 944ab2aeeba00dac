package sheet

import (
	"context"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// WhileThere has read read a table of a list, and reports whether it has done so: another
// program may have dropped the table since it was listed. A table that was changed is
// read again with the columns that it has now.
func WhileThere(ctx context.Context, db store.Backend, t *schema.Schema, read func(t *schema.Schema) error) (there bool, err error) {
	const tries = 3
	for range tries {
		if err = read(t); err == nil {
			return true, nil
		}
		now, describeErr := db.Describe(ctx, t.Name())
		if describeErr != nil {
			return false, err
		}
		if now == nil {
			return false, nil
		}
		t = now
	}
	return false, err
}
