package table

import (
	"context"
	"fmt"
	"iter"

	"github.com/galley-db/galley/store"
)

// Rejected is a row in quarantine (Options.Quarantine).
type Rejected = store.RejectedRow

// Rejected returns the rows in the table's quarantine, oldest first. Without a
// quarantine it returns no rows. Everything else is as in [View.All].
func (t *Table[T]) Rejected(ctx context.Context) iter.Seq2[Rejected, error] {
	return func(yield func(Rejected, error) bool) {
		for row, err := range t.backend.Rejected(ctx, store.RejectedFilter{Table: t.Name()}) {
			if err != nil {
				err = fmt.Errorf("quarantine of table %q: %w", t.Name(), err)
			}
			if !yield(row, err) {
				return
			}
		}
	}
}
