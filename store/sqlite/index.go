package sqlite

import (
	"slices"

	"github.com/galley-db/galley/schema"
)

// index is an index of a table, as the engine lists it.
type index struct {
	name    string
	unique  bool
	origin  string   // "c" of CREATE INDEX, "u" of a UNIQUE rule, "pk" of the key: https://sqlite.org/pragma.html#pragma_index_list
	whole   bool     // over all rows
	columns []string // "" for an expression
}

// indexes returns the indexes of a table.
func (c *conn) indexes(table string) ([]index, error) {
	st, _, err := c.Prepare(`SELECT l.name, l."unique", l.origin, NOT l.partial, i.name` +
		` FROM pragma_index_list(?1, 'main') l, pragma_index_info(l.name, 'main') i ORDER BY l.seq, i.seqno`)
	if err != nil {
		return nil, err
	}
	defer st.Close()
	if err := st.BindText(1, table); err != nil {
		return nil, err
	}
	var all []index
	for st.Step() {
		name := st.ColumnText(0)
		if len(all) == 0 || all[len(all)-1].name != name {
			all = append(all, index{name: name, unique: st.ColumnBool(1), origin: st.ColumnText(2), whole: st.ColumnBool(3)})
		}
		last := &all[len(all)-1]
		last.columns = append(last.columns, st.ColumnText(4))
	}
	return all, st.Err()
}

// ownIndexes returns the names of the indexes that galley made of these groups of
// a table's columns: that one of a group's names which an index of the table over
// the same columns has. The name that galley gave before may belong to
// another table's index, or to one that another program created.
func (c *conn) ownIndexes(table string, groups []schema.Group, names func(group string) []string, unique bool) (own []string, err error) {
	if len(groups) == 0 {
		return nil, nil
	}
	all, err := c.indexes(table)
	for _, g := range groups {
		for _, name := range names(g.Name) {
			if slices.ContainsFunc(all, func(i index) bool {
				return i.name == name && i.origin == "c" && i.whole && i.unique == unique && slices.Equal(i.columns, g.Columns)
			}) {
				own = append(own, name)
			}
		}
	}
	return own, err
}

// dropIndex drops the index of a group of a table, if it exists.
func (c *conn) dropIndex(have *schema.Schema, group string) error {
	groups := slices.DeleteFunc(slices.Clone(have.Indexes()), func(g schema.Group) bool { return g.Name != group })
	own, err := c.ownIndexes(have.Name(), groups, have.IndexNames, false)
	for _, name := range own {
		if err == nil {
			err = c.Exec("DROP INDEX " + schema.SQLite().Quote(name))
		}
	}
	return err
}
