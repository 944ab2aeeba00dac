package evolve

import (
	"strings"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Other programs may change a table while this one has it open: another
// process evolves it, or rebuilds it. Statements name their columns, so no value
// goes into another column. Changes that keep the names (a column of seconds that
// becomes one of milliseconds) are looked up when SQLite reports that the file's
// tables have changed.

// Obstacles returns the changes of a table since s was compared with it that
// rows of s must not be written over, or, with reading, be read over.
func Obstacles(s, have *schema.Schema, reading bool) []schema.Change {
	if s.Fingerprint() == have.Fingerprint() {
		return nil
	}
	var bad []schema.Change
	narrower := widened(have, s) // columns of s whose values all fit the table's
	for _, c := range schema.Diff(s, have) {
		switch c.Kind {
		case schema.Added:
			bad = append(bad, c)
		case schema.Renamed:
			if !strings.EqualFold(c.Want, c.Have) {
				bad = append(bad, c)
			}
		case schema.Narrowed:
			if !narrower[c.Column] {
				bad = append(bad, c)
			}
		case schema.Widened:
			if !reading || c.Risk != schema.Safe {
				bad = append(bad, c)
			}
		case schema.Dropped:
			if !reading && !(pairing{s, have}).spare(c.Column) {
				bad = append(bad, c)
			}
		case schema.NullChanged:
			if (pairing{s, have}).missesNaN(c.Column) {
				bad = append(bad, c)
			}
		case schema.KeyChanged:
			if !reading && !(pairing{s, have}).turned(c) {
				bad = append(bad, c)
			}
		}
	}
	return bad
}

// widened are the columns that hold more in want than in have, in the same
// form.
func widened(want, have *schema.Schema) map[string]bool {
	wider := map[string]bool{}
	for _, c := range schema.Diff(want, have) {
		if c.Kind == schema.Widened && c.Risk == schema.Safe {
			wider[c.Column] = true
		}
	}
	return wider
}

// Usable returns a *MismatchError where a table has changed too much.
func Usable(path string, s, have *schema.Schema, reading bool) error {
	if have == nil {
		return &store.MismatchError{Path: path, Table: s.Name(), Reason: "the table does not exist; it was never created, or was removed"}
	}
	bad := Obstacles(s, have, reading)
	if len(bad) == 0 {
		return nil
	}
	return &store.MismatchError{Path: path, Table: s.Name(), Changes: bad,
		Reason: "it was changed since this program opened it", Hint: "open the table again, with a struct that fits it"}
}
