package evolve

import (
	"slices"
	"strings"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// pairing is a schema and its table. It finds what Additive must keep: an index
// or unique group of a newer writer, which the schema does not have and which
// must not stop an older writer.
type pairing struct{ want, have *schema.Schema }

// sources is for each column of want the index of the column of have that it was.
func (p pairing) sources() []int { return schema.Sources(p.want, p.have) }

// column is want's column for one of have, nil without one.
func (p pairing) column(have string) *schema.Column {
	at, _ := p.have.Column(have)
	if i := slices.Index(p.sources(), at); i >= 0 {
		return &p.want.Columns()[i]
	}
	return nil
}

// now are the names of a group's columns in want; lacks reports that some have
// none.
func (p pairing) now(g schema.Group) (names []string, lacks bool) {
	for _, name := range g.Columns {
		if c := p.column(name); c != nil {
			names = append(names, c.Name)
		} else {
			lacks = true
		}
	}
	return names, lacks
}

// stays reports whether a group of have may stay beside groups of want: no column
// of it is wanted in another group, and one of the same name goes no further.
func (p pairing) stays(g schema.Group, want []schema.Group, of func(*schema.Column) string) bool {
	names, _ := p.now(g)
	for _, name := range names {
		i, _ := p.want.Column(name)
		if group := of(&p.want.Columns()[i]); group != "" && !strings.EqualFold(group, g.Name) {
			return false
		}
	}
	for _, w := range want {
		if strings.EqualFold(w.Name, g.Name) && slices.ContainsFunc(w.Columns, func(n string) bool { return !slices.Contains(names, n) }) {
			return false
		}
	}
	return true
}

func indexOf(c *schema.Column) string  { return c.Index }
func uniqueOf(c *schema.Column) string { return c.Unique }

// indexStays reports whether Additive leaves an index of have alone.
func (p pairing) indexStays(g schema.Group) bool { return p.stays(g, p.want.Indexes(), indexOf) }

// uniqueStays is the same for a unique group. If want has all columns of a
// group but not the group, want drops the rule, unless the group only has
// another name.
func (p pairing) uniqueStays(g schema.Group) bool {
	names, lacks := p.now(g)
	if !lacks && slices.ContainsFunc(p.want.Uniques(), func(w schema.Group) bool { return slices.Equal(w.Columns, names) }) {
		return true
	}
	return lacks && p.stays(g, p.want.Uniques(), uniqueOf)
}

// turned reports that a change is but another order of the columns of the key or
// of a group, which follows that of the table.
func (p pairing) turned(c schema.Change) bool {
	same := func(want []string, have []string) bool {
		names, lacks := p.now(schema.Group{Columns: have})
		return !lacks && len(want) == len(names) && !slices.ContainsFunc(want, func(n string) bool { return !slices.Contains(names, n) })
	}
	groups := func(want, have []schema.Group) bool {
		for _, w := range want {
			for _, h := range have {
				if w.Name == h.Name && w.Name == c.Group.Name && same(w.Columns, h.Columns) {
					return true
				}
			}
		}
		return false
	}
	switch c.Kind {
	case schema.KeyChanged:
		return same(p.want.Key(), p.have.Key())
	case schema.IndexDropped, schema.IndexAdded:
		return groups(p.want.Indexes(), p.have.Indexes())
	case schema.UniqueDropped, schema.UniqueAdded:
		return groups(p.want.Uniques(), p.have.Uniques())
	}
	return false
}

// idle reports that Additive has nothing to make of a change, and goes on.
func (p pairing) idle(c schema.Change) bool {
	of := func(groups []schema.Group) []schema.Group {
		return slices.DeleteFunc(slices.Clone(groups), func(g schema.Group) bool { return g.Name != c.Group.Name })
	}
	switch c.Kind {
	case schema.Dropped:
		return p.spare(c.Column)
	case schema.NullChanged:
		return p.readsNaN(c.Column)
	case schema.IndexDropped:
		return slices.ContainsFunc(of(p.have.Indexes()), p.indexStays)
	case schema.UniqueDropped:
		return slices.ContainsFunc(of(p.have.Uniques()), p.uniqueStays)
	case schema.IndexAdded:
		return slices.ContainsFunc(p.have.Indexes(), func(g schema.Group) bool {
			return g.Name == c.Group.Name && p.indexStays(g)
		})
	case schema.UniqueAdded:
		return slices.ContainsFunc(p.have.Uniques(), func(g schema.Group) bool {
			names, lacks := p.now(g)
			same := !lacks && slices.ContainsFunc(of(p.want.Uniques()), func(w schema.Group) bool { return slices.Equal(w.Columns, names) })
			return same || g.Name == c.Group.Name && p.uniqueStays(g)
		})
	}
	return false
}

// keep puts c, which replaces a column of have, into the groups that stay.
func (p pairing) keep(c, have schema.Column) schema.Column {
	stays := func(groups []schema.Group, name string, stays func(schema.Group) bool) bool {
		return slices.ContainsFunc(groups, func(g schema.Group) bool { return g.Name == name && stays(g) })
	}
	if c.Index == "" && stays(p.have.Indexes(), have.Index, p.indexStays) {
		c.Index = have.Index
	}
	if c.Unique == "" && stays(p.have.Uniques(), have.Unique, p.uniqueStays) {
		c.Unique = have.Unique
	}
	if have.NaNNull && p.readsNaN(c.Name) {
		c.NaNNull = true
	}
	return c
}

// Merged returns the schema of a table after additive changes: the columns that
// it had, in their order and as s wants them, and behind them those that s
// adds. The table's own indexes and unique groups stay, except under Rebuild.
func Merged(s, have *schema.Schema, how store.Evolution) (*schema.Schema, error) {
	keep := pairing{s, have}.keep
	if how >= store.Rebuild {
		keep = func(c, _ schema.Column) schema.Column { return c }
	}
	columns := append([]schema.Column(nil), have.Columns()...)
	p := pairing{s, have}
	for i := range columns {
		c := &columns[i] // of an index that another has taken the place of
		if !slices.ContainsFunc(have.Indexes(), func(g schema.Group) bool { return g.Name == c.Index && p.indexStays(g) }) {
			c.Index = ""
		}
	}
	from := p.sources()
	for i, c := range s.Columns() {
		if at := from[i]; at >= 0 {
			columns[at] = keep(c, have.Columns()[at])
		} else {
			columns = append(columns, c)
		}
	}
	return schema.New(s.Name(), columns)
}
