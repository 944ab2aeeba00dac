package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// indexesOf returns the names of a table's indexes that were made by CREATE INDEX.
func indexesOf(t *testing.T, b store.Backend, name string) []string {
	t.Helper()
	query := "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = '%s'"
	if b.Dialect() == schema.Postgres() {
		query = "SELECT indexname AS name FROM pg_catalog.pg_indexes WHERE schemaname = current_schema() AND tablename = '%s'" +
			" AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_constraint WHERE conname = indexname)"
	}
	var names []string
	for _, row := range collect(t, store.Query[struct{ Name string }](t.Context(), b, fmt.Sprintf(query, name))) {
		names = append(names, row.Name)
	}
	slices.Sort(names)
	return names
}

func text(name string) schema.Column { return schema.Column{Name: name, Type: schema.Text} }

func indexed(name string) schema.Column {
	c := text(name)
	c.Index = name
	return c
}

func uniqued(name string) schema.Column {
	c := text(name)
	c.Unique, c.Nullable = name, true
	return c
}

// indexNames opens tables whose names and groups, put together, are the same, and
// names that PostgreSQL would cut to the same: each table has its own indexes, and
// loses only those.
func (s Suite) indexNames(t *testing.T) {
	b := s.Open(t)
	long := strings.Repeat("é", 29)
	n := schema.Column{Name: "n", Type: schema.Int64}
	// Pairs of a table and of its group.
	pairs := [][2]string{{"scan", "region_x"}, {"scan_region", "x"}, {"scan_region_x_idx", "y"}, {"scan_region_x_key", "z"},
		{long, long}, {long + "x", long + "x"}}
	ensure := func(how store.Evolution, name string, more ...schema.Column) {
		t.Helper()
		if err := b.Ensure(t.Context(), mustSchema(t, name, append([]schema.Column{n}, more...)...), how); err != nil {
			t.Fatalf("table %s: %v", name, err)
		}
	}
	want := map[string]int{}
	check := func() {
		t.Helper()
		got := map[string]int{}
		for _, p := range pairs {
			got[p[0]] = len(indexesOf(t, b, p[0]))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("indexes by table (-want +got):\n%s", diff)
		}
	}
	for _, p := range pairs {
		ensure(store.Strict, p[0], indexed(p[1]))
		want[p[0]] = 1
	}
	if s.NoKeys { // those backends have indexes on other servers, and do not rebuild
		return
	}
	check()
	for _, p := range pairs { // a rule that the table did not have, whose index is named likewise
		ensure(store.Additive, p[0], indexed(p[1]), uniqued(p[1]+"u"))
		want[p[0]] = 2
	}
	check()
	for _, name := range []string{long, "scan"} {
		ensure(store.Rebuild, name)
		want[name] = 0
		check()
	}
}

type plainX struct {
	N int64
	X string
}

type indexedX struct {
	N int64
	X string `db:",index,unique=u"`
}

// oldIndexNames has a table whose indexes have the names that galley gave before.
// It opens as it is, and a change drops these indexes and no others: not one of
// another table that has the name, nor one over other columns.
func (s Suite) oldIndexNames(t *testing.T) {
	b := s.Open(t)
	openTable(t, b, table.Options[plainX]{Name: "scan_region"})
	openTable(t, b, table.Options[indexedX]{Name: "scan_region", Evolve: store.Additive})
	openTable(t, b, table.Options[plainX]{Name: "scan"})
	made := indexesOf(t, b, "scan_region")
	if len(made) != 2 {
		t.Fatalf("indexes are %q, want 2", made)
	}
	var statements []string
	for _, name := range made {
		statements = append(statements, "DROP INDEX "+b.Dialect().Quote(name))
	}
	s.ByHand(t, b, append(statements, "CREATE INDEX scan_region_x_idx ON scan_region (x)", "CREATE UNIQUE INDEX scan_region_u_key ON scan_region (x)")...)
	for _, how := range []store.Evolution{store.Strict, store.Additive, store.Rebuild} {
		openTable(t, b, table.Options[indexedX]{Name: "scan_region", Evolve: how})
	}
	old := []string{"scan_region_u_key", "scan_region_x_idx"}
	if got := indexesOf(t, b, "scan_region"); !slices.Equal(got, old) {
		t.Errorf("after Open the indexes are %q, want %q", got, old)
	}
	openTable(t, b, table.Options[plainX]{Name: "scan_region", Evolve: store.Rebuild})
	if got := indexesOf(t, b, "scan_region"); len(got) > 0 {
		t.Errorf("after the change the indexes are %q, want none", got)
	}
	// The names now belong to others.
	openTable(t, b, table.Options[indexedX]{Name: "scan_region", Evolve: store.Rebuild})
	s.ByHand(t, b, "CREATE INDEX scan_region_x_idx ON scan (x)", "CREATE INDEX scan_region_u_key ON scan_region (n, x)")
	openTable(t, b, table.Options[plainX]{Name: "scan_region", Evolve: store.Rebuild})
	if got := indexesOf(t, b, "scan_region"); !slices.Equal(got, old[:1]) {
		t.Errorf("after a change beside an index by hand the indexes are %q, want %q", got, old[:1])
	}
	if got := indexesOf(t, b, "scan"); !slices.Equal(got, old[1:]) {
		t.Errorf("after a change of another table the indexes are %q, want %q", got, old[1:])
	}
}
