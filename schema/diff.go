package schema

import (
	"slices"
	"strings"
)

// Diff is what it takes to make the table have into want; it has an entry
// exactly if the fingerprints differ, or if column names differ in case. The
// table's names make no difference; statements are about want's.
//
// The changes stand in an order in which their statements can be run:
// indexes dropped, columns renamed, added, changed and dropped, then the key,
// unique groups and indexes. A change whose SQL is "" and whose Risk is Safe
// needs no statement: SQLite stores both in the same way.
func Diff(want, have *Schema) []Change {
	d := differ{want: want, have: have, kept: make([]bool, len(have.columns))}
	d.pair()
	d.dropIndexes()
	d.renames()
	d.doubled()
	d.adds()
	for i, j := range d.pairs {
		if j >= 0 {
			d.column(&want.columns[i], &have.columns[j])
		}
	}
	d.drops()
	d.key()
	d.groups()
	d.order()
	return d.changes
}

type differ struct {
	want, have *Schema
	pairs      []int  // by column of want: that of have, -1 for none
	kept       []bool // by column of have
	changes    []Change
}

func (d *differ) add(c Change) { d.changes = append(d.changes, c) }

// pair finds for each column the one that it was.
func (d *differ) pair() {
	d.pairs = Sources(d.want, d.have)
	for _, j := range d.pairs {
		if j >= 0 {
			d.kept[j] = true
		}
	}
}

// Sources returns for each column of want the index of the column of have that its
// values come from, -1 for a new one. It pairs columns by name, and then those that
// are left by their old name (was=).
func Sources(want, have *Schema) []int {
	from, taken := make([]int, len(want.columns)), make([]bool, len(have.columns))
	for i := range want.columns {
		from[i] = -1
		if j, ok := have.Column(want.columns[i].Name); ok {
			from[i], taken[j] = j, true
		}
	}
	for i := range want.columns {
		if from[i] >= 0 || want.columns[i].Was == "" {
			continue
		}
		if j, ok := have.Column(want.columns[i].Was); ok && !taken[j] {
			from[i], taken[j] = j, true
		}
	}
	return from
}

// alter begins a statement about the table.
func (d *differ) alter(action string) string {
	return "ALTER TABLE " + SQLite().Quote(d.want.name) + " " + action
}

func (d *differ) renames() {
	for i, j := range d.pairs {
		if j < 0 || d.want.columns[i].Name == d.have.columns[j].Name {
			continue
		}
		name, old := d.want.columns[i].Name, d.have.columns[j].Name
		d.add(Change{Kind: Renamed, Column: name, Want: name, Have: old, Risk: Safe,
			SQL: d.alter("RENAME COLUMN " + SQLite().Quote(old) + " TO " + SQLite().Quote(name))})
	}
}

// doubled are the columns that the table has under both names, the old one and
// the new one: which of the two holds the values is not known, so no statement
// is given.
func (d *differ) doubled() {
	for i, j := range d.pairs {
		c := &d.want.columns[i]
		if j < 0 || c.Was == "" || foldName(c.Was) == foldName(c.Name) {
			continue
		}
		if k, ok := d.have.Column(c.Was); ok && k != j && !d.kept[k] {
			d.add(Change{Kind: Renamed, Column: c.Name, Want: c.Name, Have: d.have.columns[k].Name, Risk: Lossy})
		}
	}
}

// adds are the columns that ADD COLUMN can add, and those that it cannot:
// https://sqlite.org/lang_altertable.html#altertabaddcol.
func (d *differ) adds() {
	for i, j := range d.pairs {
		if j >= 0 {
			continue
		}
		c := d.want.columns[i]
		change := Change{Kind: Added, Column: c.Name, Want: c.Spec(), Risk: Rebuild}
		if !c.Key && (c.Nullable || c.Default != "") {
			change.Risk = Safe
			if c.Check != "" {
				change.Risk = Fallible
			}
			change.SQL = d.alter("ADD COLUMN " + SQLite().Definition(c))
		}
		d.add(change)
	}
}

// drops are the columns that there are no more. DROP COLUMN refuses those
// that another rule of the table speaks of.
func (d *differ) drops() {
	for j, kept := range d.kept {
		if kept {
			continue
		}
		c := &d.have.columns[j]
		change := Change{Kind: Dropped, Column: c.Name, Have: c.Spec(), Risk: Lossy}
		if !c.Key && c.Unique == "" && c.Index == "" {
			change.SQL = d.alter("DROP COLUMN " + SQLite().Quote(c.Name))
		}
		d.add(change)
	}
}

// column compares two columns apart from their names and groups.
func (d *differ) column(want, have *Column) {
	change := Change{Column: want.Name, Want: want.Spec(), Have: have.Spec()}
	if change.Kind, change.Risk = retype(want, have); change.Kind != 0 {
		d.add(change)
	}
	if want.Nullable != have.Nullable || want.NaNNull != have.NaNNull {
		change.Kind = NullChanged
		switch {
		case have.NaNNull && !want.NaNNull:
			change.Risk = Lossy // a stored NaN is NULL, which reads as 0
		case want.Nullable == have.Nullable:
			change.Risk = Safe
		case want.Nullable:
			change.Risk = Rebuild
		default:
			change.Risk = Lossy
		}
		d.add(change)
	}
	if want.Default != have.Default {
		d.add(Change{Kind: DefaultChanged, Column: want.Name, Want: want.Default, Have: have.Default, Risk: Rebuild})
	}
	if want.Batch != have.Batch {
		change.Kind, change.Risk = BatchChanged, Safe
		d.add(change)
	}
	if want.Check != have.Check {
		d.add(Change{Kind: CheckChanged, Column: want.Name, Want: want.Check, Have: have.Check, Risk: Rebuild})
	}
}

// now is the names of columns of have as they are after the renames.
func (d *differ) now(columns []string) []string {
	names := slices.Clone(columns)
	for k, name := range names {
		j, _ := d.have.Column(name)
		if i := slices.Index(d.pairs, j); i >= 0 {
			names[k] = d.want.columns[i].Name
		}
	}
	return names
}

func (d *differ) key() {
	if want, have := d.want.key, d.now(d.have.key); !slices.Equal(want, have) {
		d.add(Change{Kind: KeyChanged, Want: strings.Join(want, ", "), Have: strings.Join(have, ", "), Risk: Rebuild})
	}
}

// missing are the groups that others has no equal of.
func missing(groups, others []Group) []Group {
	return slices.DeleteFunc(slices.Clone(groups), func(g Group) bool {
		return slices.ContainsFunc(others, func(o Group) bool { return o.Name == g.Name && slices.Equal(o.Columns, g.Columns) })
	})
}

// renamed is groups of have with the columns' names of now.
func (d *differ) renamed(groups []Group) []Group {
	groups = slices.Clone(groups)
	for k := range groups {
		groups[k].Columns = d.now(groups[k].Columns)
	}
	return groups
}

func (g Group) String() string { return g.Name + " (" + strings.Join(g.Columns, ", ") + ")" }

func (d *differ) dropIndexes() {
	for _, g := range missing(d.renamed(d.have.indexes), d.want.indexes) {
		d.add(Change{Kind: IndexDropped, Have: g.String(), Group: g, Risk: Safe,
			SQL: "DROP INDEX " + SQLite().Quote(d.want.IndexName(g.Name))})
	}
}

func (d *differ) groups() {
	have := d.renamed(d.have.uniques)
	for _, g := range missing(have, d.want.uniques) {
		d.add(Change{Kind: UniqueDropped, Have: g.String(), Group: g, Risk: Rebuild})
	}
	for _, g := range missing(d.want.uniques, have) {
		d.add(Change{Kind: UniqueAdded, Want: g.String(), Group: g, SQL: d.want.createUnique(SQLite(), g), Risk: Fallible})
	}
	for _, g := range missing(d.want.indexes, d.renamed(d.have.indexes)) {
		d.add(Change{Kind: IndexAdded, Want: g.String(), Group: g, SQL: d.want.createIndex(SQLite(), g), Risk: Safe})
	}
}

// order compares the order of the columns that both have.
func (d *differ) order() {
	var want, have []string
	last, moved := -1, false
	for i, j := range d.pairs {
		if j >= 0 {
			moved = moved || j < last
			last = max(last, j)
		}
		want = append(want, d.want.columns[i].Name)
	}
	if !moved {
		return
	}
	for j := range d.have.columns {
		have = append(have, d.have.columns[j].Name)
	}
	d.add(Change{Kind: Moved, Want: strings.Join(want, ", "), Have: strings.Join(have, ", "), Risk: Safe})
}
