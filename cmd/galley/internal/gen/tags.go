package gen

import (
	"strings"

	"github.com/galley-db/galley/schema"
)

// TagTable is the grammar of the db tag as docs/tags.md has it: one row an
// option, from [schema.Options].
func TagTable() string {
	cell := strings.NewReplacer("|", `\|`, "\n", " ")
	var b strings.Builder
	b.WriteString("| written | fits | what it does |\n| --- | --- | --- |\n")
	for _, o := range schema.Options() {
		b.WriteString("| `" + cell.Replace(o.Syntax) + "` | " + cell.Replace(o.Types) + " | " + cell.Replace(o.Effect) + " |\n")
	}
	return b.String()
}

// TypeTable is the column types with what the dialects make of them, and the
// Go type that -from writes, as docs/tags.md has it.
func TypeTable() string {
	var b strings.Builder
	b.WriteString("| column type | SQLite | PostgreSQL | Go |\n| --- | --- | --- | --- |\n")
	for t := schema.Bool; t <= schema.Vector64; t++ {
		c := schema.Column{Name: "c", Type: t}
		b.WriteString("| " + t.String() + " | " + schema.SQLite().Type(c) + " | " + schema.Postgres().Type(c) + " | `" + goTypes[t][0] + "` |\n")
	}
	return b.String()
}
