package schema

import (
	"errors"
	"fmt"

	"github.com/galley-db/galley/internal/gotype"
)

// field is a Go field that is a column.
type field struct {
	Column
	shape
	goType gotype.Type
	steps  []gotype.Field // from the row to the field
	offset uintptr        // from the start of the row
	prefix string         // of the column's name
}

// group is the name of a group, by default the column's own.
func (f *field) group(name string) string {
	if name == "" {
		return f.Name
	}
	return name
}

// place is where a struct stands within the row.
type place struct {
	offset uintptr
	steps  []gotype.Field
	path   string // of Go fields, "" or with a dot behind
	prefix string // of columns
}

// walk collects the columns of a struct, and all that is wrong with it.
type walk struct {
	fields   []field
	byName   map[string]int // of fields, by foldName
	problems []Problem
	visited  int
}

// maxVisited bounds how many fields are looked at: thirty types, each with
// two fields of the one before, are a billion fields.
const maxVisited = 20_000

func (w *walk) problem(p Problem) { w.problems = append(w.problems, p) }

// full reports whether to go on is useless.
func (w *walk) full() bool {
	return len(w.fields) > maxColumns || len(w.problems) > maxColumns || w.visited > maxVisited
}

// structure looks at the fields of a struct, in order.
func (w *walk) structure(t gotype.Type, at place) {
	for i := 0; i < t.NumField() && !w.full(); i++ {
		w.visited++
		w.field(t.Field(i), at)
	}
}

func (w *walk) field(sf gotype.Field, at place) {
	path := at.path + sf.Name
	report := func(option, format string, args ...any) {
		w.problem(Problem{Field: path, Option: option, Message: fmt.Sprintf(format, args...)})
	}
	t, problems := fieldTag(sf.Tag)
	if t.skip {
		return
	}
	s, reason := shapeOf(sf.Type, false)
	if !sf.Exported && !s.promotes(sf) {
		if t.given {
			report("", "has a tag and is not exported; begin its name with a capital letter")
		}
		return
	}
	for _, p := range problems {
		p.Field = path
		w.problem(p)
	}
	if t.bareOption && t.name != snakeCase(sf.Name) {
		report(t.name, "names the column here; write db:\",%s\" for the option, or db:\"%s,\" for a column of that name", t.name, t.name)
		return
	}
	if t.has("json") {
		if s.typ.isVector() {
			report("json", "does not fit %v, which is a vector; leave json out", sf.Type)
			return
		}
		s, reason = shapeOf(sf.Type, true)
	} else {
		reason = s.byValue(sf.Type, &t, reason)
	}
	if reason != "" {
		report("", "%s", reason)
		return
	}
	name := t.name
	if name == "" {
		name = snakeCase(sf.Name)
	}
	at.offset += sf.Offset
	at.steps = append(at.steps[:len(at.steps):len(at.steps)], sf)
	if s.by == gotype.ByStruct {
		at.path = path + "."
		w.nested(sf, &t, at, name, report)
		return
	}
	f := field{
		Column: Column{Name: at.prefix + name, Type: s.typ, Nullable: s.wrap != gotype.Bare, Dim: s.dim, Field: path, ByText: s.by == gotype.ByText},
		shape:  s, goType: sf.Type, steps: at.steps, offset: at.offset, prefix: at.prefix,
	}
	if s.elem.IsValue() {
		f.ByValue, f.GoType = s.by == gotype.ByValue, typePath(s.elem)
	}
	ok := f.configure(&t, report)
	f.UnitOpen = f.Type == Time && !t.has("time")
	f.ZeroNull = f.Nullable && !f.NaNNull && s.wrap == gotype.Bare
	if ok && len(problems) == 0 {
		w.add(f, report)
	}
}

// nested looks at a struct whose fields are columns of the row.
func (w *walk) nested(sf gotype.Field, t *tag, at place, name string, report func(option, format string, args ...any)) {
	for _, o := range t.options {
		if o.name != "prefix" && (o.name != "sql" || o.value != byKind) {
			report(o.name, "does not fit a struct, whose fields are columns; put it at one of them, or add json")
		}
	}
	prefix, ok := t.get("prefix")
	if !ok && (!sf.Embedded || t.name != "") {
		prefix = name + "_"
	}
	at.prefix += prefix
	columns, problems := len(w.fields), len(w.problems)
	w.structure(sf.Type, at)
	if columns == len(w.fields) && problems == len(w.problems) && !sf.Embedded {
		report("", "%v has no exported fields to make columns of; tag it json, or db:\"-\" to leave it out", sf.Type)
	}
}

// configure sets what the options of the tag say. It reports each one that
// does not fit, and reports whether none was.
func (f *field) configure(t *tag, report func(option, format string, args ...any)) bool {
	ok := true
	refuse := func(option, format string, args ...any) {
		ok = false
		report(option, format, args...)
	}
	for _, o := range t.options {
		r := ruleOf(o.name)
		switch {
		case r.set == nil:
			refuse(o.name, "fits a struct whose fields are columns, and %v is one column", f.goType)
		case o.name != "json" && !r.fits.has(f.Type):
			refuse(o.name, "does not fit the column type %s; it fits %s", f.Type, r.Types)
		default:
			if message := r.set(f, o.value); message != "" {
				refuse(o.name, "%s", message)
			}
		}
	}
	return ok
}

// add takes a field in, if it is a column that can be.
func (w *walk) add(f field, report func(option, format string, args ...any)) {
	if err := f.check(); err != nil {
		option := ""
		if c, ok := errors.AsType[*ColumnError](err); ok {
			option = c.option
		}
		report(option, "%v", err)
		return
	}
	folded := foldName(f.Name)
	if i, taken := w.byName[folded]; taken {
		report("", "column %q is %s already; SQLite does not tell upper from lower case", f.Name, w.fields[i].Field)
		return
	}
	w.byName[folded] = len(w.fields)
	w.fields = append(w.fields, f)
}

// finish looks at what only all columns together show.
func (w *walk) finish() {
	switch {
	case w.visited > maxVisited:
		w.problem(Problem{Message: fmt.Sprintf("has more than %d fields; tag some json", maxVisited)})
	case len(w.fields) > maxColumns:
		w.problem(Problem{Message: "has more than 2,000 columns, which is SQLite's limit; tag nested structs json"})
	case len(w.fields) == 0 && w.problems == nil:
		w.problem(Problem{Message: "has no exported fields to make columns of"})
	}
	batch := ""
	for i := range w.fields {
		f := &w.fields[i]
		if f.Batch && batch != "" {
			w.problem(Problem{Field: f.Field, Option: "batch", Message: "is a second batch column beside " + batch})
		}
		if f.Batch {
			batch = f.Field
		}
	}
	olds := make(map[string]string)
	for i := range w.fields {
		f := &w.fields[i]
		if f.Was == "" {
			continue
		}
		old := foldName(f.Was)
		if j, there := w.byName[old]; there {
			w.problem(Problem{Field: f.Field, Option: "was",
				Message: fmt.Sprintf("column %q is still there, as %s", f.Was, w.fields[j].Field)})
		}
		if other, twice := olds[old]; twice {
			w.problem(Problem{Field: f.Field, Option: "was",
				Message: fmt.Sprintf("column %q was renamed to %s already", f.Was, other)})
		}
		olds[old] = f.Field
	}
}
