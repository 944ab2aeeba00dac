package schema

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// Schema is a table: its name and its columns in order. It never changes
// after it was made, so that any number of goroutines may use one.
//
// Schemas come from [Of], [OfType] and [New]; the zero value is a table
// without a name and columns, of no use.
type Schema struct {
	name        string
	columns     []Column
	key         []string
	uniques     []Group
	indexes     []Group
	byName      map[string]int // by foldName
	fingerprint string
}

// Group is a number of columns that are unique together or make one index.
type Group struct {
	Name    string   // the group's name in the tag
	Columns []string // names of the columns, in the table's order
}

// New makes the schema of a table from its columns, which it copies.
//
// It returns a *[NameError] for a name that is empty, not UTF-8, holds a NUL,
// is reserved, or names two columns (SQLite ignores case); a *[ColumnError] for properties that do not fit each other; and
// [ErrColumnCount]. Of several errors it returns all, joined.
func New(name string, columns []Column) (*Schema, error) {
	var errs []error
	if err := checkTableName(name); err != nil {
		errs = append(errs, err)
	}
	if len(columns) == 0 || len(columns) > maxColumns {
		errs = append(errs, fmt.Errorf("table %s has %d: %w", shorten(name), len(columns), ErrColumnCount))
		return nil, errors.Join(errs...)
	}
	byName := make(map[string]int, len(columns))
	for i := range columns {
		c := &columns[i]
		if err := c.check(); err != nil {
			errs = append(errs, err)
		}
		if k := slices.IndexFunc(columns, func(o Column) bool { return o.Batch }); c.Batch && k < i {
			errs = append(errs, &ColumnError{Column: c.Name, Reason: "is a second batch column beside " + shorten(columns[k].Name), option: "batch"})
		}
		folded := foldName(c.Name)
		if j, taken := byName[folded]; taken {
			errs = append(errs, &NameError{Kind: "column", Name: c.Name, Reason: "is the name of columns " +
				strconv.Itoa(j) + " and " + strconv.Itoa(i) + ", counted from 0; SQLite does not tell upper from lower case"})
			continue
		}
		byName[folded] = i
	}
	if errs != nil {
		return nil, errors.Join(errs...)
	}
	return assemble(name, columns, byName), nil
}

// assemble makes a schema of checked columns.
func assemble(name string, columns []Column, byName map[string]int) *Schema {
	s := &Schema{name: name, columns: append([]Column(nil), columns...), byName: byName}
	sum := sha256.New()
	for i := range s.columns {
		c := &s.columns[i]
		if c.Key {
			s.key = append(s.key, c.Name)
		}
		s.uniques = gather(s.uniques, &c.Unique, c.Name)
		s.indexes = gather(s.indexes, &c.Index, c.Name)
		sum.Write([]byte(strconv.Quote(c.Name) + " " + c.Spec() + "\n"))
	}
	s.fingerprint = hex.EncodeToString(sum.Sum(nil)[:16])
	return s
}

// gather adds a column to its group, at the position of its first column.
// SQLite ignores case, so two spellings name one group; the first spelling
// counts.
func gather(groups []Group, group *string, column string) []Group {
	if *group == "" {
		return groups
	}
	for i := range groups {
		if foldName(groups[i].Name) == foldName(*group) {
			*group = groups[i].Name
			groups[i].Columns = append(groups[i].Columns, column)
			return groups
		}
	}
	return append(groups, Group{Name: *group, Columns: []string{column}})
}

// Name is the table's name, not quoted.
func (s *Schema) Name() string { return s.name }

// Columns are the table's columns in order. The slice is the schema's own:
// callers must not change it.
func (s *Schema) Columns() []Column { return s.columns }

// Key is the names of the key's columns in order, empty without a key. The
// slice is the schema's own: callers must not change it.
func (s *Schema) Key() []string { return s.key }

// Uniques are the groups of columns whose values are unique together, without
// the key. The slice is the schema's own: callers must not change it.
func (s *Schema) Uniques() []Group { return s.uniques }

// Indexes are the groups of columns that make an index. The slice is the
// schema's own: callers must not change it.
func (s *Schema) Indexes() []Group { return s.indexes }

// Batch is the index of the column that holds the batch's key, -1 without one.
func (s *Schema) Batch() int {
	return slices.IndexFunc(s.columns, func(c Column) bool { return c.Batch })
}

// Fingerprint is 32 hexadecimal digits that two schemas share when their
// columns have the same names and the same [Column.Spec], in the same order.
// The table's name, Field and Was make no difference. It never changes for
// the same columns: files keep it.
func (s *Schema) Fingerprint() string { return s.fingerprint }

// Named is the same schema under another table name, s itself for "". It
// returns a *[NameError] for a name that cannot be a table's.
func (s *Schema) Named(name string) (*Schema, error) {
	if name == "" || name == s.name {
		return s, nil
	}
	if err := checkTableName(name); err != nil {
		return nil, err
	}
	named := *s
	named.name = name
	return &named, nil
}

// Column finds a column by its name, in upper or lower case as SQLite does.
func (s *Schema) Column(name string) (i int, ok bool) {
	i, ok = s.byName[foldName(name)]
	return i, ok
}

// Indexed reports whether the table has a key, a unique group or an index, so
// that storing a row touches more than the table itself.
func (s *Schema) Indexed() bool {
	return len(s.key) > 0 || len(s.uniques) > 0 || len(s.indexes) > 0
}
