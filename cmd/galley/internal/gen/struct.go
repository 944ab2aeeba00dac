package gen

import (
	"fmt"
	"go/format"
	"go/token"
	"strconv"
	"strings"
	"unicode"

	"github.com/galley-db/galley/schema"
)

// Table is a table found in a file, or inferred from a sample.
type Table struct {
	Name    string
	Source  string // what it was found in, for comments
	Columns []Column
	Notes   []string // what was left out, and hints
}

// Column is a column of a [Table].
type Column struct {
	schema.Column
	Note string // what it was inferred from, "" for nothing to say
}

// Struct are the settings of [Table.Struct].
type Struct struct {
	Package string // "" means "main"
	Type    string // name of the struct, "" for the table's: brain_region is BrainRegion
	Args    string // of the command, for the first line
}

// Struct writes a Go struct with tags, whose schema has the table's columns:
// it is described again before it is returned, and a column that a tag cannot
// say is an error.
func (t Table) Struct(how Struct) ([]byte, error) {
	if how.Package == "" {
		how.Package = "main"
	}
	if how.Type == "" {
		how.Type = camel(t.Name)
	}
	for what, name := range map[string]string{"package": how.Package, "type": how.Type} {
		if !token.IsIdentifier(name) || name == "_" {
			return nil, fmt.Errorf("%q is not the name of a %s", name, what)
		}
	}
	if err := t.unsayable(); err != nil {
		return nil, err
	}
	var b strings.Builder
	b.WriteString(header(how.Args) + "\npackage " + how.Package + "\n\n")
	fields, imports := t.fields()
	if len(imports) > 0 {
		b.WriteString("import (\n\"" + strings.Join(imports, "\"\n\"") + "\"\n)\n")
	}
	fmt.Fprintf(&b, "\n//go:generate go tool galley gen -type %s\n\n", how.Type)
	fmt.Fprintf(&b, "// %s is a row of table %s, from %s.\n", how.Type, comment(strconv.Quote(t.Name)), comment(t.Source))
	if name, err := tableName(how.Type); err != nil || name != t.Name {
		fmt.Fprintf(&b, "// Its own table would be %s: open it with table.Options{Name: %s}.\n", comment(name), comment(strconv.Quote(t.Name)))
	}
	if len(t.Notes) > 0 {
		b.WriteString("//\n")
	}
	for _, note := range t.Notes {
		b.WriteString("//   - " + comment(note) + "\n")
	}
	b.WriteString("type " + how.Type + " struct {\n" + fields + "}\n")
	text, err := format.Source([]byte(b.String()))
	if err != nil {
		return nil, fmt.Errorf("the code generated for table %s is not Go, which is a defect of galley gen: %w", strconv.Quote(t.Name), err)
	}
	if err := t.verify(how.Type, text); err != nil {
		return nil, err
	}
	return text, nil
}

// fields are the lines of the struct, and what they import.
func (t Table) fields() (text string, imports []string) {
	var b strings.Builder
	taken := map[string]bool{}
	needs := map[string]bool{}
	for _, c := range t.Columns {
		name := camel(c.Name)
		for n := 2; taken[name]; n++ {
			name = camel(c.Name) + strconv.Itoa(n)
		}
		taken[name] = true
		typ, path := goTypeOf(c.Column)
		needs[path] = true
		fmt.Fprintf(&b, "%s %s %s", name, typ, tagLiteral(tagOf(c.Column)))
		if c.Note != "" {
			b.WriteString(" // " + comment(c.Note))
		}
		b.WriteString("\n")
	}
	for _, path := range []string{"encoding/json", "time"} {
		if needs[path] {
			imports = append(imports, path)
		}
	}
	return b.String(), imports
}

// goTypes are the Go types of the columns' types, and what they import.
var goTypes = map[schema.Type][2]string{
	schema.Bool: {"bool"}, schema.Int8: {"int8"}, schema.Int16: {"int16"}, schema.Int32: {"int32"}, schema.Int64: {"int64"},
	schema.Uint8: {"uint8"}, schema.Uint16: {"uint16"}, schema.Uint32: {"uint32"}, schema.Uint64: {"uint64"},
	schema.Float32: {"float32"}, schema.Float64: {"float64"}, schema.Text: {"string"}, schema.Blob: {"[]byte"},
	schema.Time: {"time.Time", "time"}, schema.Duration: {"time.Duration", "time"}, schema.JSON: {"json.RawMessage", "encoding/json"},
	schema.Vector32: {"[]float32"}, schema.Vector64: {"[]float64"},
}

// hasNil reports whether a column's Go type has a nil of its own.
func hasNil(t schema.Type) bool {
	switch t {
	case schema.Blob, schema.JSON, schema.Vector32, schema.Vector64:
		return true
	}
	return false
}

func goTypeOf(c schema.Column) (name, path string) {
	t := goTypes[c.Type]
	if c.Nullable && !c.NaNNull && !hasNil(c.Type) {
		return "*" + t[0], t[1]
	}
	return t[0], t[1]
}

// tagOf is the tag that says what the Go type does not.
func tagOf(c schema.Column) string {
	tag := c.Name
	add := func(ok bool, option string) {
		if ok {
			tag += "," + option
		}
	}
	group := func(option, name string) {
		add(name != "" && name == c.Name, option)
		add(name != "" && name != c.Name, option+"="+name)
	}
	add(c.Key, "key")
	add(c.Batch, "batch")
	group("unique", c.Unique)
	group("index", c.Index)
	add(c.Nullable && hasNil(c.Type), "null")
	add(c.NaNNull, "nan=null")
	add(c.Unit != schema.Micros, "time="+c.Unit.String())
	add(c.Uint != schema.UintInt, "uint="+c.Uint.String())
	add(c.Dim != 0, "dim="+strconv.Itoa(c.Dim))
	add(c.Default != "", "default="+c.Default)
	add(c.Check != "", "check="+c.Check)
	return tag
}

// tagLiteral is a db tag as it stands in a struct.
func tagLiteral(tag string) string {
	text := "db:" + strconv.Quote(tag)
	if strconv.CanBackquote(text) {
		return "`" + text + "`"
	}
	return strconv.Quote(text)
}

// comment is text that stays within the line of a comment.
func comment(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar || r == '\u2028' || r == '\u2029' || r == '\ufeff' {
			return ' '
		}
		return r
	}, text)
}

// initializms are words that Go writes in capitals.
var initialisms = map[string]bool{
	"id": true, "uid": true, "uuid": true, "url": true, "uri": true, "ip": true, "json": true, "csv": true, "sql": true, "http": true, "api": true,
}

// camel is a name of SQL as a Go name that is exported.
func camel(name string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if initialisms[strings.ToLower(word)] {
			b.WriteString(strings.ToUpper(word))
			continue
		}
		if strings.ToUpper(word) == word {
			word = strings.ToLower(word)
		}
		runes := []rune(word)
		runes[0] = unicode.ToUpper(runes[0])
		b.WriteString(string(runes))
	}
	return capital(b.String())
}
