package sqlite

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// TestCheckFollowsRename: SQLite changes the text of a CHECK when it renames a
// column that the CHECK names. The tag still has the old name, and the table opens.
func TestCheckFollowsRename(t *testing.T) {
	db := openTest(t, tempPath(t), Options{})
	columns := []schema.Column{{Name: "n", Type: schema.Int64}, {Name: "top", Type: schema.Int64, Check: "top >= n"}}
	for range 2 {
		s, err := schema.New("t", columns)
		must(t, err)
		must(t, db.Ensure(t.Context(), s, store.Additive))
		must(t, db.Ensure(t.Context(), s, store.Strict))
		columns[0].Name, columns[0].Was = "low n", "n"
	}
}

// TestCheckFollowsReusedName: a column was renamed, and a new column has its old
// name. The CHECK in the table names the renamed one.
func TestCheckFollowsReusedName(t *testing.T) {
	db := openTest(t, tempPath(t), Options{})
	top := schema.Column{Name: "top", Type: schema.Int64, Check: "top >= n"}
	for _, columns := range [][]schema.Column{
		{{Name: "n", Type: schema.Int64}, top},
		{{Name: "low", Was: "n", Type: schema.Int64}, top},
		{{Name: "low", Type: schema.Int64}, top, {Name: "n", Type: schema.Int64, Nullable: true}},
	} {
		s, err := schema.New("t", columns)
		must(t, err)
		must(t, db.Ensure(t.Context(), s, store.Additive))
		must(t, db.Ensure(t.Context(), s, store.Strict))
	}
}

// TestCheckFollowsTable: SQLite changes the name of the table in a CHECK when the
// table is renamed.
func TestCheckFollowsTable(t *testing.T) {
	db := openTest(t, tempPath(t), Options{})
	s, err := schema.New("scan", []schema.Column{{Name: "n", Type: schema.Float64, Check: "scan.n > -1.5"}})
	must(t, err)
	must(t, db.Ensure(t.Context(), s, store.Strict))
	must(t, db.Rename(t.Context(), "scan", "new scan"))
	renamed, err := s.Named("new scan")
	must(t, err)
	must(t, db.Ensure(t.Context(), renamed, store.Strict))
}

func TestSQLTokens(t *testing.T) {
	sql := "A1 \"B \"\"c\"\"\"`d``e`[F g]'It''s  X'>=.5e3 -- c\n/* CHECK ( */\tÄ\"\"'"
	want := []string{"a1", `b "c"`, "d`e", "f g", "'It''s  X'", ">", "=", ".5e3", "Ä", "", "'"}
	if diff := cmp.Diff(want, sqlTokens(sql)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	checks := checksOf("CREATE TABLE t (\"check\" TEXT, a CHECK (t.a IN (1.5, (.2))), b DEFAULT (check (1)), CHECK(b))")
	if diff := cmp.Diff([][]string{{"a", "in", "(", "1.5", ",", "(", ".2", ")", ")"}, {"b"}}, checks); diff != "" {
		t.Errorf("checks (-want +got):\n%s", diff)
	}
}
