package table

import (
	"fmt"

	"github.com/galley-db/galley/backoff"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// core is what a Table or View has that does not depend on the type of its rows. Go
// compiles a method of a generic type again for each type; those of core are
// compiled once, so the methods of Table, View and Writer only lead here.
type core struct {
	backend store.Backend
	schema  *schema.Schema // the table's name and the columns that are read
	whole   *schema.Schema // the table's own

	// Of a Table only.
	retrier    backoff.Retrier
	batch      int
	quarantine bool
	copies     bool // rows refer to memory of the caller
}

func (c *core) name() string { return c.schema.Name() }

func (c *core) needKey(key string) error {
	if key == "" {
		return fmt.Errorf("table %q: %w: it is empty; give a key that names the rows, or use Append", c.name(), store.ErrKey)
	}
	return nil
}
