package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestImportFlagsAreUsed: a flag of import that does nothing is refused, in words of
// files and tables.
func TestImportFlagsAreUsed(t *testing.T) {
	csv := file(t, "a.csv", "a,b\n1,x\n")
	wider := file(t, "b.csv", "a,b,c\n2,y,z\n")
	jsonl := file(t, "a.jsonl", `{"a":1,"b":"x"}`+"\n")
	there := filepath.Join(t.TempDir(), "there.db")
	ok(t, "import", there, "t", csv)
	for _, c := range []struct {
		args []string // behind import
		want string
	}{
		{[]string{"", "t", jsonl, "--null", "NA"}, "no source is CSV"},
		{[]string{"", "t", jsonl, "--delimiter", ";"}, "no source is CSV"},
		{[]string{"", "t", jsonl, "--no-header"}, "no source is CSV"},
		{[]string{"", "t", csv, "--columns", "z=c"}, `no source has the column "z"`},
		{[]string{"", "t", jsonl, "--columns", "z=c"}, `no source has the column "z"`},
		{[]string{there, "t", csv, "--key", "k", "--types", "a=text"}, `the column "a" is int64 in the table, and the type text is given for it`},
		{[]string{there, "t", csv, "--key", "k", "--types", "z=text"}, `the column "z", which the table lacks`},
		{[]string{there, "t", csv, "--key", "k", "--upsert"}, "upsert finds rows of the table by its key columns"},
		{[]string{there, "t", csv, "--key", "k", "--ignore"}, "ignore finds rows of the table by its key columns"},
		{[]string{there, "T", csv}, `does not fit the files: the file has the table "t"`},
	} {
		if c.args[0] == "" {
			c.args[0] = filepath.Join(t.TempDir(), "new.db")
		}
		r := galley(t, append([]string{"import"}, c.args...)...)
		if r.status != exitFailed || !strings.Contains(r.errors, c.want) || strings.Contains(r.errors, "struct") || strings.Contains(r.errors, "tag ") {
			t.Errorf("import %s: %+v, want %q", strings.Join(c.args[1:], " "), r, c.want)
		}
	}
	if r := ok(t, "query", there, "SELECT count(*) FROM t", "-f", "csv"); !strings.HasSuffix(r.out, "\n1\n") {
		t.Errorf("rows: %s, want 1", r.out)
	}
	ok(t, "import", there, "t", csv, "--types", "a=int64") // as an interrupted import is run again
	if r := ok(t, "import", there, "t", wider, "--evolve"); !strings.Contains(r.errors, "table t has these new columns:\n  c text null (such as") {
		t.Errorf("--evolve: %+v", r)
	}
}

// TestImportNamesOnlyColumnsOfTheTable: import prints new columns, or those of a new
// table, only if the table has them.
func TestImportNamesOnlyColumnsOfTheTable(t *testing.T) {
	narrow, wide, db := file(t, "a.csv", "a\n1\n"), file(t, "b.csv", "a,b\n1,x\n"), filepath.Join(t.TempDir(), "t.db")
	ok(t, "import", db, "t", narrow, "--key", "k")
	if r := ok(t, "import", db, "t", wide, "--key", "k", "--evolve"); strings.Contains(r.errors, "columns") {
		t.Errorf("a skipped file: %+v", r)
	}
	if r := ok(t, "schema", db, "t"); strings.Contains(r.out, "text") {
		t.Errorf("the table has a column of a skipped file:\n%s", r.out)
	}
	bad := file(t, "c.csv", "a,c\n1,x\n2\n")
	for _, args := range [][]string{{"t", bad, "--evolve"}, {"new", bad}} {
		if r := galley(t, append([]string{"import", db}, args...)...); r.status != exitFailed || strings.Contains(r.errors, "columns") {
			t.Errorf("a file that fails: %+v", r)
		}
	}
}

// TestImportThroughALink: a link to the database, in whichever folder it is, stands for
// the database: a file that is stored is not stored again.
func TestImportThroughALink(t *testing.T) {
	dir, csv := t.TempDir(), file(t, "a.csv", "a\n1\n")
	deep := filepath.Join(dir, "one", "two")
	if err := os.MkdirAll(deep, 0o700); err != nil {
		t.Fatal(err)
	}
	path, link := filepath.Join(dir, "t.db"), filepath.Join(deep, "link.db")
	if err := os.Symlink(path, link); err != nil {
		t.Skip(err)
	}
	for i, db := range []string{link, path, link} { // the first creates the file that the link leads to
		r := ok(t, "import", db, "t", csv)
		if stored := strings.HasPrefix(r.out, "1 files stored"); stored != (i == 0) {
			t.Errorf("import %d, %s: %+v", i, db, r)
		}
	}
}
