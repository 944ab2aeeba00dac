package postgres_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/postgres"
	"github.com/galley-db/galley/table"
)

// TestTablesAlteredByHandAreFound finds tables that were changed by other means than galley.
func TestTablesAlteredByHandAreFound(t *testing.T) {
	testtime.Seconds(t)
	db, url, name := openNew(t, postgres.Options{})
	openParts(t, db)
	sql(t, url, "CREATE COLLATION "+name+".nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)")
	for how, c := range map[string]struct{ do, undo, says string }{
		"type":     {"ALTER COLUMN n TYPE integer", "ALTER COLUMN n TYPE bigint", `"n" is integer NOT NULL, want bigint NOT NULL`},
		"null":     {"ALTER COLUMN n DROP NOT NULL", "ALTER COLUMN n SET NOT NULL", `"n" is bigint, want bigint NOT NULL`},
		"required": {"ADD COLUMN more text NOT NULL", "DROP COLUMN more", `"more" has no default and cannot be NULL`},
		"collation": {"ALTER COLUMN name TYPE text COLLATE " + name + ".nocase", "ALTER COLUMN name TYPE text COLLATE \"default\"",
			`"name" has the collation "nocase"`},
		"name":     {"RENAME COLUMN n TO m", "RENAME COLUMN m TO n", `"n" is missing`},
		"new name": {"RENAME TO other", "", `dropped or renamed it`},
	} {
		sql(t, url, "ALTER TABLE "+name+".part "+c.do)
		_, err := table.Open(t.Context(), db, table.Options[part]{})
		var mismatch *store.MismatchError
		if !errors.As(err, &mismatch) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error is %v, want a *store.MismatchError that says %s", how, err, c.says)
		}
		if c.undo == "" {
			c.undo = "RENAME TO part"
			sql(t, url, "ALTER TABLE "+name+".other "+c.undo)
			continue
		}
		sql(t, url, "ALTER TABLE "+name+".part "+c.undo)
	}
	openParts(t, db)
	// A view has the columns, and is not a table.
	sql(t, url, "ALTER TABLE "+name+".part RENAME TO other", "CREATE VIEW "+name+".part AS SELECT * FROM "+name+".other")
	var mismatch *store.MismatchError
	if _, err := table.Open(t.Context(), db, table.Options[part]{}); !errors.As(err, &mismatch) || !strings.Contains(err.Error(), "not a table") {
		t.Errorf("a view: error is %v, want a *store.MismatchError", err)
	}
	sql(t, url, "DROP VIEW "+name+".part", "ALTER TABLE "+name+".other RENAME TO part")
	// An additional column does no harm.
	sql(t, url, "ALTER TABLE "+name+".part ADD COLUMN note text NOT NULL DEFAULT 'x'")
	tab := openParts(t, db)
	for how, write := range map[string]func() error{
		"Append": func() error { return tab.Append(t.Context(), parts(0, 2)) },
		"Ignore": func() error { _, err := tab.Ignore(t.Context(), parts(2, 2)); return err },
	} {
		if err := write(); err != nil {
			t.Errorf("%s: %v", how, err)
		}
	}
	if n := ask[int](t, url, "SELECT count(*) FROM "+name+".part WHERE note = 'x'"); n != 4 {
		t.Errorf("%d rows, want 4", n)
	}
}

// TestForeignTable finds a table, a view and an index of the name that galley
// did not make.
func TestForeignTable(t *testing.T) {
	db, url, name := openNew(t, postgres.Options{})
	sql(t, url, "CREATE TABLE "+name+".a (n bigint)", "CREATE VIEW "+name+".b AS SELECT 1 AS n", "CREATE INDEX c ON "+name+".a (n)")
	for _, name := range []string{"a", "b", "c"} {
		_, err := table.Open(t.Context(), db, table.Options[part]{Name: name})
		var mismatch *store.MismatchError
		if !errors.As(err, &mismatch) || !strings.Contains(err.Error(), "galley did not create") {
			t.Errorf("%s: error is %v, want a *store.MismatchError", name, err)
		}
	}
}

type evolving struct {
	ID    int64  `db:",key"`
	Code  string `db:",unique,check=code <> ''"`
	Small int16
	Size  int64   `db:",default=1"`
	Share float32 `db:",index"`
	Doc   string
	Dim   []float32 `db:",dim=2"`
}

type evolved struct {
	ID    int64  `db:",key"`
	Code  string `db:",check=length(code) < 5,index=c"`
	Small int64
	Size  uint8 `db:",default=2"`
	Share float64
	Doc   []string  `db:",json,null"`
	Dim   []float64 `db:",dim=2"`
}

// TestRebuildKeepsDependents changes a table in place: what depends on it stays, every rule is
// the new one, and the change is in galley_history.
func TestRebuildKeepsDependents(t *testing.T) {
	db, url, name := openNew(t, postgres.Options{})
	before, err := table.Open(t.Context(), db, table.Options[evolving]{Name: "t"})
	if err != nil {
		t.Fatal(err)
	}
	err = before.Append(t.Context(), []evolving{{1, "a", 5, 200, 0.5, `["x"]`, []float32{1, 2}}, {2, "b", -5, 0, 1.5, `[]`, []float32{3, 4}}})
	if err != nil {
		t.Fatal(err)
	}
	sql(t, url, "CREATE VIEW "+name+".ids AS SELECT id FROM "+name+".t")
	after, err := table.Open(t.Context(), db, table.Options[evolved]{Name: "t", Evolve: store.Rebuild})
	if err != nil {
		t.Fatal(err)
	}
	var got []evolved
	for row, err := range after.Where(t.Context(), "", table.OrderBy("id")) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, row)
	}
	want := []evolved{{1, "a", 5, 200, 0.5, []string{"x"}, []float64{1, 2}}, {2, "b", -5, 0, 1.5, []string{}, []float64{3, 4}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if n := ask[int](t, url, "SELECT count(*) FROM "+name+".ids"); n != 2 {
		t.Errorf("the view has %d rows, want 2", n)
	}
	again := want[0]
	again.ID = 3 // the code is unique no longer, and may be empty
	empty := want[0]
	empty.ID, empty.Code = 4, ""
	if err := after.Append(t.Context(), []evolved{again, empty}); err != nil {
		t.Error(err)
	}
	empty.ID, empty.Code = 5, "too long"
	if err := after.Append(t.Context(), []evolved{empty}); !errors.Is(err, store.ErrConstraint) {
		t.Errorf("the new check: error is %v, want store.ErrConstraint", err)
	}
	indexes := ask[string](t, url, "SELECT string_agg(left(indexname, 15), ' ' ORDER BY indexname) FROM pg_indexes WHERE schemaname = $1 AND tablename = 't'", name)
	if indexes != "galley_t_c_idx_ t_pkey" {
		t.Errorf("indexes are %s, want galley_t_c_idx_ and t_pkey", indexes)
	}
	if def := ask[string](t, url, "SELECT column_default FROM information_schema.columns WHERE table_schema = $1 AND column_name = 'size'", name); !strings.HasPrefix(def, "2") && def != "'2'::smallint" {
		t.Errorf("the default is %s, want 2", def)
	}
	history := ask[string](t, url, "SELECT string_agg(changes, '|' ORDER BY id) FROM "+name+".galley_history WHERE \"table\" = 't'")
	if !strings.HasPrefix(history, "created|") || !strings.Contains(history, `type narrowed "size"`) {
		t.Errorf("the history is %s", history)
	}
}

// TestWidenedRefused holds that Additive does not change a type: an older writer
// would send values of another length.
func TestWidenedRefused(t *testing.T) {
	type narrow struct{ N int32 }
	type wide struct{ N int64 }
	type same struct{ N int16 }
	type byteSized struct{ N uint8 }
	db, _, _ := openNew(t, postgres.Options{})
	old, err := table.Open(t.Context(), db, table.Options[narrow]{Name: "t"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = table.Open(t.Context(), db, table.Options[wide]{Name: "t", Evolve: store.Additive})
	var mismatch *store.MismatchError
	if !errors.As(err, &mismatch) || mismatch.Changes[0].Kind != schema.Widened {
		t.Errorf("error is %v, want a *store.MismatchError", err)
	}
	if err := old.Append(t.Context(), []narrow{{1}}); err != nil {
		t.Error(err)
	}
	// A smallint holds both of these.
	if _, err := table.Open(t.Context(), db, table.Options[byteSized]{Name: "u"}); err != nil {
		t.Fatal(err)
	}
	if _, err := table.Open(t.Context(), db, table.Options[same]{Name: "u", Evolve: store.Additive}); err != nil {
		t.Error(err)
	}
}

// TestRebuildBlocked is stopped by what depends on the table: the error says so,
// and the table is as it was.
func TestRebuildBlocked(t *testing.T) {
	db, url, name := openNew(t, postgres.Options{})
	type wide struct {
		N     string
		Name  string
		Batch string `db:",batch,index"`
	}
	tab := openParts(t, db)
	if err := tab.Append(t.Context(), parts(0, 3)); err != nil {
		t.Fatal(err)
	}
	type small struct {
		N     int32
		Batch string `db:",batch,index"`
	}
	sql(t, url, "CREATE VIEW "+name+".names AS SELECT name FROM "+name+".part")
	var mismatch *store.MismatchError
	if _, err := table.Open(t.Context(), db, table.Options[small]{Name: "part", Evolve: store.RebuildAndDrop}); !errors.As(err, &mismatch) || !strings.Contains(err.Error(), "2BP01") {
		t.Errorf("error is %v, want a *store.MismatchError of the server's 2BP01", err)
	}
	mismatch = nil
	if _, err := table.Open(t.Context(), db, table.Options[wide]{Name: "part", Evolve: store.Rebuild}); !errors.As(err, &mismatch) {
		t.Errorf("error is %v, want a *store.MismatchError", err)
	}
	if n, err := openParts(t, db).Count(t.Context()); n != 3 || err != nil {
		t.Errorf("%d rows, %v, want 3", n, err)
	}
}

// TestOpenBesideChange opens a table while another host renames a column, between
// two of the statements that compare the table with its description.
func TestOpenBesideChange(t *testing.T) {
	db, url, name := openNew(t, postgres.Options{})
	columns := []schema.Column{{Name: "n", Type: schema.Int64}, {Name: "a", Type: schema.Int64, Nullable: true, Check: "a > 0"}}
	both, err := schema.New("t", columns)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Ensure(t.Context(), both, store.Strict); err != nil {
		t.Fatal(err)
	}
	commit := change(t, url,
		"ALTER TABLE "+name+".t RENAME COLUMN a TO b",
		"UPDATE "+name+".galley_columns SET name = 'b', spec = replace(spec, 'a > 0', 'b > 0') WHERE name = 'a'")
	opened := make(chan error, 1)
	go func() { opened <- db.Ensure(context.Background(), newSchema(t, "t", "n"), store.Additive) }()
	for ask[int](t, url, "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = '"+name+".t'::regclass") == 0 {
		select {
		case err := <-opened:
			t.Fatalf("the table was opened before the change: %v", err)
		default:
		}
	}
	commit()
	if err := <-opened; err != nil {
		t.Errorf("error is %v, want none", err)
	}
}

// change runs statements in a transaction of its own, which it commits when commit is
// called.
func change(t testing.TB, url string, statements ...string) (commit func()) {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	tx, err := c.Begin(ctx)
	for _, s := range statements {
		if err == nil {
			_, err = tx.Exec(ctx, s)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := errors.Join(tx.Commit(ctx), c.Close(ctx)); err != nil {
			t.Error(err)
		}
	}
}
