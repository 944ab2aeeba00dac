package gen

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/galley-db/galley/schema"
)

// columns writes the names of the columns.
func (e *emitter) columns() {
	t := e.target
	name := t.ident + "Columns"
	e.line("// %s are the names of the columns, for SQL and exports: a name that is", name)
	e.line("// not there does not compile. SQL needs quotes (schema.Dialect has Quote) around")
	e.line("// a name that is one of its own words.")
	e.line("var %s = struct {", name)
	names := columnFields(t.fields)
	for i := range names {
		e.line("%s string", names[i])
	}
	e.line("}{")
	for i, f := range t.fields {
		e.line("%s: %s,", names[i], strconv.Quote(f.Name))
	}
	e.line("}\n")
}

// columnFields are names for the columns: those of the Go fields without the
// structs that they are embedded in, or with them where that is not enough.
func columnFields(fields []field) []string {
	count := map[string]int{}
	short, long := make([]string, len(fields)), make([]string, len(fields))
	for i, f := range fields {
		for k, step := range f.Path {
			name := capital(step.Name)
			long[i] += name
			if k == len(f.Path)-1 || !step.Embedded {
				short[i] += name
			}
		}
		count[short[i]]++
	}
	taken := map[string]bool{}
	names := make([]string, len(fields))
	for i := range fields {
		names[i] = short[i]
		if count[short[i]] > 1 {
			names[i] = long[i]
		}
		for n := 2; taken[names[i]]; n++ {
			names[i] = long[i] + "_" + strconv.Itoa(n)
		}
		taken[names[i]] = true
	}
	return names
}

// capital is a name that begins with a capital letter.
func capital(name string) string {
	runes := []rune(strings.TrimLeft(name, "_"))
	if len(runes) == 0 || !unicode.IsLetter(runes[0]) {
		return "X" + string(runes)
	}
	if r := unicode.ToUpper(runes[0]); unicode.IsUpper(r) {
		runes[0] = r
		return string(runes)
	}
	return "X" + string(runes) // a script without capitals
}

// tables writes the SQL of both dialects.
func (e *emitter) tables() {
	t := e.target
	name := t.ident + "Schema"
	e.line("// %s is the table of %s as SQL, one text a dialect.", name, t.text)
	e.line("var %s = struct{ SQLite, Postgres string }{", name)
	for _, d := range []struct {
		name    string
		dialect schema.Dialect
	}{{"SQLite", schema.SQLite()}, {"Postgres", schema.Postgres()}} {
		e.line("%s: %s,", d.name, literal(strings.Join(t.schema.CreateTable(d.dialect), ";\n\n")+";\n"))
	}
	e.line("}\n")
}

// literal is text as a Go literal that can be read.
func literal(text string) string {
	if strconv.CanBackquote(strings.ReplaceAll(text, "\n", "")) {
		return "`" + text + "`"
	}
	lines := strings.SplitAfter(text, "\n")
	for i := range lines {
		lines[i] = strconv.Quote(lines[i])
	}
	return strings.Join(lines, " +\n")
}

// snake is a Go name as schema writes it in SQL, for file names.
func snake(name string) string {
	var out []rune
	runes := []rune(name)
	for i, r := range runes {
		if unicode.IsUpper(r) && i > 0 && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) && runes[i-1] != '_' {
			out = append(out, '_')
		}
		out = append(out, unicode.ToLower(r))
	}
	return string(out)
}
