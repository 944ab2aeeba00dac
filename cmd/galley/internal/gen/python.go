package gen

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/galley-db/galley/schema"
)

// reader is how pandas gets a column: a function of the module and what it
// takes beside the values.
type reader struct {
	function string
	args     string
	dtype    string // of what comes out
	note     string // what dtype does not say
}

// utc is the dtype of times that every version of pandas supports.
const utc = "datetime64[ns, UTC]"

// readerOf finds the reader of a column.
func readerOf(c schema.Column) reader {
	choose := func(null, plain string) string {
		if c.Nullable {
			return null
		}
		return plain
	}
	switch c.Type {
	case schema.Bool:
		d := choose("boolean", "bool")
		return reader{"_bools", quotePython(d), d, ""}
	case schema.Int8, schema.Int16, schema.Int32, schema.Int64, schema.Uint8, schema.Uint16, schema.Uint32, schema.Uint64:
		d := c.Type.String()
		if c.Nullable {
			d = strings.NewReplacer("int", "Int", "uint", "UInt").Replace(d)
		}
		return reader{map[schema.UintPolicy]string{schema.UintText: "_digits", schema.UintBlob: "_big_endian"}[c.Uint], quotePython(d), d, ""}
	case schema.Float32, schema.Float64:
		return reader{"_floats", quotePython(c.Type.String()), c.Type.String(), ""}
	case schema.Text:
		return reader{"_texts", "", "string", "category where its texts repeat"}
	case schema.Time:
		if c.Unit == schema.RFC3339 {
			return reader{"_timestamps", "", utc, ""}
		}
		return reader{"_times", quotePython(c.Unit.String()), utc, "or [" + c.Unit.String() + "] from pandas 2 on"}
	case schema.Duration:
		return reader{"_durations", "", "timedelta64[ns]", ""}
	case schema.JSON:
		return reader{"_json", "", "object", "by json.loads"}
	case schema.Vector32:
		return reader{"_vectors", quotePython("<f4"), "object", "arrays of float32"}
	case schema.Vector64:
		return reader{"_vectors", quotePython("<f8"), "object", "arrays of float64"}
	}
	return reader{"_objects", "", "object", "bytes"}
}

// Python writes a module that reads the table into a pandas.DataFrame, each
// column with the type that it has. args is what the first line says of the
// command.
func (t Table) Python(args string) ([]byte, error) {
	columns := make([]schema.Column, len(t.Columns))
	for i, c := range t.Columns {
		columns[i] = c.Column
	}
	s, err := schema.New(t.Name, columns)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.Source, err)
	}
	var b strings.Builder
	b.WriteString("# " + strings.TrimPrefix(header(args), "// ") + "\n")
	b.WriteString(pythonHead)
	fmt.Fprintf(&b, "TABLE = %s\n\n", quotePython(s.Name()))
	b.WriteString("# The columns, and the dtypes that they have in a DataFrame.\nDTYPES = {\n")
	readers := make([]reader, len(columns))
	var used []string
	for i, c := range s.Columns() {
		r := readerOf(c)
		if r.function == "" {
			r.function = "_integers"
		}
		readers[i], used = r, append(used, r.function)
		note := ""
		if r.note != "" {
			note = "  # " + r.note
		}
		fmt.Fprintf(&b, "    %s: %s,%s\n", quotePython(c.Name), quotePython(r.dtype), note)
	}
	b.WriteString("}\n\n# The columns as the schema= of galley.Spool.append_once takes them.\nSCHEMA = {\n")
	for _, c := range s.Columns() {
		fmt.Fprintf(&b, "    %s: %s,\n", quotePython(c.Name), quotePython(c.Spec()))
	}
	b.WriteString("}\n\n")
	fmt.Fprintf(&b, "_SELECT = %s\n", quotePython(s.Select(schema.SQLite(), "")))
	b.WriteString(pythonRead)
	b.WriteString("\n\ndef _frame(columns):\n    return pd.DataFrame(\n        {\n")
	for i, r := range readers {
		arg := fmt.Sprintf("columns[%d]", i)
		if r.args != "" {
			arg += ", " + r.args
		}
		fmt.Fprintf(&b, "            %s: %s(%s),\n", quotePython(s.Columns()[i].Name), r.function, arg)
	}
	b.WriteString("        }\n    )\n")
	used = append(used, "_objects") // which others call
	for _, f := range pythonFunctions {
		if slices.Contains(used, f.name) {
			b.WriteString("\n\n" + f.text)
		}
	}
	return []byte(b.String()), nil
}

// quotePython is text as a literal of Python, which has Go's escapes.
func quotePython(text string) string { return strconv.Quote(text) }

// Tables finds the tables of the structs, without making a file.
func (b Binders) Tables(ctx context.Context) ([]Table, error) {
	var tables []Table
	err := b.load(ctx, func(s *source, texts []string, _ string) error {
		p := &problems{fset: s.fset}
		for _, text := range texts {
			t := s.resolve(text, p)
			if t == nil || t.schema == nil {
				continue
			}
			found := Table{Name: t.schema.Name(), Source: "struct " + text}
			for _, c := range t.schema.Columns() {
				found.Columns = append(found.Columns, Column{Column: c})
			}
			tables = append(tables, found)
		}
		return p.err()
	})
	return tables, b.placed(err)
}
