package store

import (
	"errors"
	"fmt"
	"strings"

	"github.com/galley-db/galley/schema"
)

// ErrOneTable is returned for a Batch with other tables (With) by a backend that
// cannot store rows of several tables in one transaction.
var ErrOneTable = errors.New("rows of several tables cannot be stored together here; open the database itself")

// PartlyStoredError is the error for a Batch with other tables (With) whose key is
// stored for some of the tables, and not for the others. Nothing is stored.
type PartlyStoredError struct {
	Key     string
	Stored  []string // the tables that have a batch of the key
	Missing []string // the tables that have none
}

// Error names the tables, and what to do.
func (e *PartlyStoredError) Error() string {
	return fmt.Sprintf("%v %q in %s, and not in %s; remove it where it is stored (Forget), or store the other rows with AppendOnce",
		ErrKeyStored, e.Key, strings.Join(e.Stored, ", "), strings.Join(e.Missing, ", "))
}

// Unwrap returns ErrKeyStored.
func (e *PartlyStoredError) Unwrap() error { return ErrKeyStored }

// Parts returns the batch and those of the other tables, in the order in which
// their rows are stored.
func (b *Batch) Parts() []*Batch { return append([]*Batch{b}, b.With...) }

// checkWith returns ErrKey or ErrOptions for batches that cannot be stored
// together.
func (b *Batch) checkWith() error {
	if len(b.With) == 0 {
		return nil
	}
	if b.Key == "" {
		return fmt.Errorf("%w: it is empty; rows of several tables are stored together under a key", ErrKey)
	}
	tables := map[string]bool{}
	for _, p := range b.Parts() {
		name := p.Schema.Name()
		switch folded := strings.ToLower(name); {
		case tables[folded]:
			return fmt.Errorf("%w: table %q is given twice; put its rows together", ErrOptions, name)
		case p != b && (p.Key != b.Key || len(p.With) > 0):
			return fmt.Errorf("%w: table %q: a batch of With has the key of the first batch, and no With", ErrOptions, name)
		case p.Mode != schema.Append || p.RemovesRows() || p.Quarantine || p.Sift || p.Carried != nil || p.Others != nil || p.LedgerRows != 0:
			return fmt.Errorf("%w: table %q: rows of several tables can only be appended together, without Replace, Removes, Quarantine and Sift", ErrOptions, name)
		default:
			tables[folded] = true
		}
	}
	return nil
}
