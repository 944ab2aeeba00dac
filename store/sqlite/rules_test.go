package sqlite

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/sqltoken"
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

// TestCheckFollowsSwap: two columns in one CHECK have exchanged their names, one
// after the other, or their names went to other columns which were renamed too.
func TestCheckFollowsSwap(t *testing.T) {
	top := func(name, was string) schema.Column {
		return schema.Column{Name: name, Was: was, Type: schema.Int64, Check: "top >= n"}
	}
	n := func(name, was string) schema.Column { return schema.Column{Name: name, Was: was, Type: schema.Int64} }
	later := func(name, was string) schema.Column {
		return schema.Column{Name: name, Was: was, Type: schema.Int64, Nullable: true}
	}
	for name, steps := range map[string][][]schema.Column{
		"both":   {{n("n", ""), top("top", "")}, {n("low", "n"), top("high", "top")}},
		"swap":   {{n("n", ""), top("top", "")}, {n("n", ""), top("x", "top")}, {n("top", "n"), top("x", "")}, {n("top", ""), top("n", "x")}},
		"reused": {{n("n", ""), top("top", "")}, {n("low", "n"), top("top", "")}, {n("low", ""), top("top", ""), later("n", "")}, {n("low", ""), top("top", ""), later("m", "n")}},
	} {
		t.Run(name, func(t *testing.T) {
			db := openTest(t, tempPath(t), Options{})
			for i, columns := range steps {
				s, err := schema.New("t", columns)
				must(t, err)
				if err := db.Ensure(t.Context(), s, store.Additive); err != nil {
					t.Fatalf("step %d: %v", i, err)
				}
				if err := db.Ensure(t.Context(), s, store.Strict); err != nil {
					t.Fatalf("step %d, opened again: %v", i, err)
				}
			}
		})
	}
}

// TestCheckBesideSigns: a name that looks like a sign or a keyword stays a name.
func TestCheckBesideSigns(t *testing.T) {
	db := openTest(t, tempPath(t), Options{})
	s, err := schema.New("t", []schema.Column{
		{Name: "(", Type: schema.Int64, Check: `"(" > 1e5 AND "(" < 0x1FFFFFFF AND ")" <> 'a''b'`},
		{Name: ")", Type: schema.Text, Check: `")" <> '(' AND "." <> [check]`},
		{Name: ".", Type: schema.Int64},
		{Name: "check", Type: schema.Int64, Check: `"check" > .5`},
	})
	must(t, err)
	must(t, db.Ensure(t.Context(), s, store.Strict))
	must(t, db.Ensure(t.Context(), s, store.Strict))
}

func TestChecksOf(t *testing.T) {
	texts := func(sql string) (all []string) {
		for _, check := range checksOf(sql) {
			all = append(all, written(check))
		}
		return all
	}
	for sql, want := range map[string][]string{
		"CREATE TABLE t (\"check\" TEXT, a CHECK (t.a IN (1.5, (.2))), b DEFAULT (check (1)), CHECK(b))": {"a IN ( 1.5 , ( .2 ) )", "b"},
		"CREATE TABLE \"(\" (\"(\" INT, a CHECK (a > 1e-5 /* ) */ AND \")\" <> ')'))":                    {"a > 1e-5 AND \")\" < > ')'"},
	} {
		if diff := cmp.Diff(want, texts(sql)); diff != "" {
			t.Errorf("%s: checks (-want +got):\n%s", sql, diff)
		}
	}
}

// TestSameToken has pairs that mean the same, and pairs that do not.
func TestSameToken(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"a", `"A"`, true}, {"[a]", "`A`", true}, {`"a""b"`, "[a\"b]", true}, {"1E5", "1e5", true}, {"0x1F", "0X1f", true}, {"'a'", "'a'", true},
		{"ä", "Ä", false}, {"'a'", "'A'", false}, {"'a'", `"a"`, false}, {"1", `"1"`, false}, {"1e5", "1e6", false}, {"1_0", "10", false},
		{"(", `"("`, false}, {".", `"."`, false}, {"X'0a'", "'0a'", false}, {"'a''b'", "'ab'", false},
	} {
		if got := sameToken(sqltoken.SQLite(c.a)[0], sqltoken.SQLite(c.b)[0]); got != c.same {
			t.Errorf("%s and %s: same is %t, want %t", c.a, c.b, got, c.same)
		}
	}
}

// TestClauseByHand finds collations and conflict clauses outside of CHECKs.
func TestClauseByHand(t *testing.T) {
	for sql, want := range map[string]string{
		"CREATE TABLE t (a TEXT COLLATE NOCASE)":                                        "COLLATE NOCASE",
		"CREATE TABLE t (a TEXT, UNIQUE (a collate [rtrim]))":                           "COLLATE [rtrim]",
		"CREATE TABLE t (a TEXT COLLATE BINARY CHECK (a COLLATE NOCASE <> 'x'))":        "",
		"CREATE TABLE t (a INT PRIMARY KEY ON CONFLICT REPLACE)":                        "ON CONFLICT REPLACE",
		"CREATE TABLE t (a INT, UNIQUE (a) ON CONFLICT IGNORE)":                         "ON CONFLICT IGNORE",
		"CREATE TABLE t (a INT CHECK ((a) > 0) NOT NULL on conflict abort)":             "",
		"CREATE TABLE t (a INT REFERENCES u ON DELETE CASCADE, \"collate\" INT, b INT)": "",
	} {
		if got := clauseByHand(sqltoken.SQLite(sql)); got != want {
			t.Errorf("%s: %q, want %q", sql, got, want)
		}
	}
}
