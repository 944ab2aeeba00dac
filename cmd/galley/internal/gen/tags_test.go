package gen

import (
	"os"
	"strings"
	"testing"

	"github.com/galley-db/galley/schema"
	"github.com/google/go-cmp/cmp"
)

// TestTagsDocument holds docs/tags.md against the grammar in package schema;
// run it with -update after a change that is meant.
func TestTagsDocument(t *testing.T) {
	const path = "../../../../docs/tags.md"
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := string(have)
	for name, table := range map[string]string{"options": tagTable(), "types": typeTable()} {
		begin, end := "<!-- "+name+": generated, see cmd/galley/internal/gen/tags_test.go -->\n", "<!-- end of "+name+" -->"
		before, rest, ok := strings.Cut(want, begin)
		_, after, ended := strings.Cut(rest, end)
		if !ok || !ended {
			t.Fatalf("%s has no marks for the table of %s", path, name)
		}
		want = before + begin + "\n" + table + "\n" + end + after
	}
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(have)); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", path, diff)
	}
}

func TestTagTableHasAllOptions(t *testing.T) {
	if got, want := strings.Count(tagTable(), "\n"), len(schema.Options())+2; got != want {
		t.Errorf("%d lines, want %d", got, want)
	}
	if got := strings.Count(typeTable(), "\n"); got != int(schema.Vector64)+2 {
		t.Errorf("%d lines of types, want %d", got, int(schema.Vector64)+2)
	}
}

// tagTable is the grammar of the db tag as docs/tags.md has it: one row an
// option, from [schema.Options].
func tagTable() string {
	cell := strings.NewReplacer("|", `\|`, "\n", " ")
	var b strings.Builder
	b.WriteString("| written | fits | what it does |\n| --- | --- | --- |\n")
	for _, o := range schema.Options() {
		b.WriteString("| `" + cell.Replace(o.Syntax) + "` | " + cell.Replace(o.Types) + " | " + cell.Replace(o.Effect) + " |\n")
	}
	return b.String()
}

// typeTable is the column types with what the dialects make of them, and the
// Go type that -from writes, as docs/tags.md has it.
func typeTable() string {
	var b strings.Builder
	b.WriteString("| column type | SQLite | PostgreSQL | Go |\n| --- | --- | --- | --- |\n")
	for t := schema.Bool; t <= schema.Vector64; t++ {
		c := schema.Column{Name: "c", Type: t}
		b.WriteString("| " + t.String() + " | " + schema.SQLite().Type(c) + " | " + schema.Postgres().Type(c) + " | `" + goTypes[t][0] + "` |\n")
	}
	return b.String()
}
