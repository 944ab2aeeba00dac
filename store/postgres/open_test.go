package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/galley-db/galley/internal/pgcluster"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/postgres"
	"github.com/galley-db/galley/table"
)

// TestProgramsWithoutPostgresHaveNoPgx holds that a program without this package has nothing of
// pgx in it.
func TestProgramsWithoutPostgresHaveNoPgx(t *testing.T) {
	const module = "github.com/galley-db/galley/"
	uses := map[string]bool{"table": false, "store": false, "schema": false, "backoff": false, "store/postgres": true}
	args := []string{"list", "-f", "{{.ImportPath}} {{.Deps}}"}
	for pkg := range uses {
		args = append(args, module+pkg)
	}
	out, err := exec.Command("go", args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for line := range strings.Lines(string(out)) {
		pkg, deps, _ := strings.Cut(strings.TrimPrefix(line, module), " ")
		if got := strings.Contains(deps, "github.com/jackc/"); got != uses[pkg] {
			t.Errorf("%s depends on pgx: %v, want %v", pkg, got, uses[pkg])
		}
		seen++
	}
	if seen != len(uses) {
		t.Errorf("%d packages are listed, want %d", seen, len(uses))
	}
}

// TestContradictoryOptionsAreRefused refuses options that cannot be meant, before anything is sent.
func TestContradictoryOptionsAreRefused(t *testing.T) {
	for name, o := range map[string]postgres.Options{
		"MaxConns":   {MaxConns: -1},
		"MaxValue":   {MaxValue: -1},
		"larger":     {MaxValue: 1<<30 + 1},
		"Copy":       {Copy: 9},
		"CommitWait": {CommitWait: -1},
		"Servers":    {Servers: []string{"one"}},
		"nameless":   {Servers: []string{""}, DistributeBy: "batch"},
		"NUL":        {Schema: "a\x00b"},
		"not UTF-8":  {Schema: "\xff"},
		"long":       {Schema: strings.Repeat("x", 64)},
	} {
		if _, err := postgres.Open(t.Context(), "postgres://127.0.0.1:1/none", o); !errors.Is(err, store.ErrOptions) {
			t.Errorf("%s: error is %v, want store.ErrOptions", name, err)
		}
	}
}

// TestOpenRefuses: Open returns an error at once, without waiting.
func TestOpenRefuses(t *testing.T) {
	url := pgcluster.URL(t)
	for name, bad := range map[string]string{
		"no string":   "postgres://a:secret-word@[:1/x",
		"nobody":      "postgres://user:secret-word@127.0.0.1:1/none",
		"no database": strings.Replace(url, "/postgres?", "/none_of_that_name?", 1),
	} {
		if bad == url {
			continue // the server of GALLEY_TEST_POSTGRES
		}
		db, err := postgres.Open(t.Context(), bad, postgres.Options{})
		if err == nil {
			db.Close()
			t.Errorf("%s: no error", name)
			continue
		}
		if strings.Contains(err.Error(), "secret-word") {
			t.Errorf("%s: the error shows the password: %v", name, err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := postgres.Open(ctx, url, postgres.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want context.Canceled", err)
	}
}

// TestNamespacesKeepTablesApart keeps tables of one name in two schemas apart, takes odd names,
// and takes the connection's own schema where none is given.
func TestNamespacesKeepTablesApart(t *testing.T) {
	url := pgcluster.URL(t)
	plain := namespace(t, url)
	odd := plain + ` "x'y; `
	t.Cleanup(func() { sql(t, url, `DROP SCHEMA "`+strings.ReplaceAll(odd, `"`, `""`)+`" CASCADE`) })
	for i, name := range []string{plain, odd} {
		tab := openParts(t, open(t, url, postgres.Options{Schema: name}))
		if _, err := tab.AppendOnce(t.Context(), "k", parts(0, i+1)); err != nil {
			t.Fatal(err)
		}
		if n, err := tab.Count(t.Context()); n != int64(i+1) || err != nil {
			t.Errorf("%s: %d rows, %v, want %d", name, n, err, i+1)
		}
	}
	own := open(t, with(url, "search_path", plain), postgres.Options{})
	if n, err := openParts(t, own).Count(t.Context()); n != 1 || err != nil {
		t.Errorf("the connection's own schema has %d rows, %v, want 1", n, err)
	}
	tables, err := own.Tables(t.Context())
	if err != nil || len(tables) != 1 || tables[0].Name() != "part" {
		t.Errorf("Tables is %v, %v, want part", tables, err)
	}
	if _, err := postgres.Open(t.Context(), with(url, "search_path", "none_of_that_name"), postgres.Options{}); !errors.Is(err, store.ErrOptions) {
		t.Errorf("no schema: error is %v, want store.ErrOptions", err)
	}
}

// TestMixedLayoutsAreRefused refuses to mix tables that are distributed and tables that are
// not, and tables of an unknown format.
func TestMixedLayoutsAreRefused(t *testing.T) {
	url := pgcluster.URL(t)
	name := namespace(t, url)
	open(t, url, postgres.Options{Schema: name})
	if _, err := postgres.Open(t.Context(), url, postgres.Options{Schema: name, DistributeBy: "place"}); !errors.Is(err, store.ErrOptions) {
		t.Errorf("another layout: error is %v, want store.ErrOptions", err)
	}
	sql(t, url, "UPDATE "+name+".galley_meta SET value = '2' WHERE name = 'format'")
	if _, err := postgres.Open(t.Context(), url, postgres.Options{Schema: name}); !errors.Is(err, store.ErrNotGalley) {
		t.Errorf("another format: error is %v, want store.ErrNotGalley", err)
	}
}

// TestOpenAtOnce opens a namespace that is not there from several sides.
func TestOpenAtOnce(t *testing.T) {
	url := pgcluster.URL(t)
	for range 5 {
		name := namespace(t, url)
		const n = 6
		errs := make(chan error, n)
		for range n {
			go func() {
				db, err := postgres.Open(context.Background(), url, postgres.Options{Schema: name})
				if err == nil {
					err = db.Close()
				}
				errs <- err
			}()
		}
		for range n {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
	}
}

// TestReadOnlyUser writes as a user who may only read.
func TestReadOnlyUser(t *testing.T) {
	url := pgcluster.URL(t)
	name := namespace(t, url)
	tab := openParts(t, open(t, url, postgres.Options{Schema: name}))
	if err := tab.Append(t.Context(), parts(0, 3)); err != nil {
		t.Fatal(err)
	}
	sql(t, url, "CREATE ROLE "+name+" LOGIN PASSWORD 'x'", "GRANT USAGE ON SCHEMA "+name+" TO "+name,
		"GRANT SELECT ON ALL TABLES IN SCHEMA "+name+" TO "+name)
	t.Cleanup(func() { sql(t, url, "DROP OWNED BY "+name, "DROP ROLE "+name) })
	db := open(t, strings.Replace(url, "://postgres@", "://"+name+":x@", 1), postgres.Options{Schema: name})
	reader := openParts(t, db)
	if n, err := reader.Count(t.Context()); n != 3 || err != nil {
		t.Errorf("%d rows, %v, want 3", n, err)
	}
	err := reader.Append(t.Context(), parts(3, 1))
	if !errors.Is(err, store.ErrPermission) || errors.Is(err, store.ErrReadOnly) || db.Retryable(err) {
		t.Errorf("error is %v, want store.ErrPermission", err)
	}
}

// TestReadOnly opens what exists, whichever its layout, and changes nothing.
func TestReadOnly(t *testing.T) {
	url := pgcluster.URL(t)
	name := namespace(t, url)
	if _, err := postgres.Open(t.Context(), url, postgres.Options{Schema: name, ReadOnly: true}); !errors.Is(err, store.ErrNotGalley) {
		t.Errorf("nothing is there: error is %v, want store.ErrNotGalley", err)
	}
	if n := ask[int](t, url, "SELECT count(*) FROM pg_namespace WHERE nspname = $1", name); n != 0 {
		t.Error("the namespace was made")
	}
	tab := openParts(t, open(t, url, postgres.Options{Schema: name, DistributeBy: "place"}))
	if _, err := tab.AppendOnce(t.Context(), "k", parts(0, 3)); err != nil {
		t.Fatal(err)
	}
	db := open(t, url, postgres.Options{Schema: name, ReadOnly: true})
	reader := openParts(t, db)
	if n, err := reader.Count(t.Context()); n != 3 || err != nil {
		t.Errorf("%d rows, %v, want 3", n, err)
	}
	other, err := schema.New("other", []schema.Column{{Name: "n", Type: schema.Int64}})
	if err != nil {
		t.Fatal(err)
	}
	for how, err := range map[string]error{
		"Append":     reader.Append(t.Context(), parts(3, 1)),
		"AppendOnce": func() error { _, err := reader.AppendOnce(t.Context(), "l", parts(3, 1)); return err }(),
		"Forget":     func() error { _, err := reader.Forget(t.Context(), "k"); return err }(),
		"Ensure":     db.Ensure(t.Context(), other, store.Strict),
	} {
		if !errors.Is(err, store.ErrReadOnly) {
			t.Errorf("%s: error is %v, want store.ErrReadOnly", how, err)
		}
	}
	if n, err := tab.Count(t.Context()); n != 3 || err != nil {
		t.Errorf("%d rows, %v, want 3", n, err)
	}
}

// TestRetryable goes by the server's codes.
func TestRetryable(t *testing.T) {
	db := open(t, pgcluster.URL(t), postgres.Options{Schema: namespace(t, pgcluster.URL(t))})
	code := func(c string) error {
		return fmt.Errorf("wrapped: %w", &pgconn.PgError{Code: c, Message: "deadlock, locked, serialize"})
	}
	for _, c := range []string{"40001", "40P01", "55P03", "57P03"} {
		if !db.Retryable(code(c)) {
			t.Errorf("%s is not retryable", c)
		}
	}
	for name, err := range map[string]error{
		"nil": nil, "unknown": errors.New("database is locked"), "unique": code("23505"), "syntax": code("42601"),
		"disk full": code("53100"), "completion unknown": code("40003"), "cancelled by the server": code("57014"),
		"commit": fmt.Errorf("%w: %w", store.ErrCommitUnknown, code("40001")), "context": fmt.Errorf("%w: %w", context.Canceled, code("40001")),
		"deadline": fmt.Errorf("%w: %w", context.DeadlineExceeded, code("40P01")), "closed": store.ErrClosed,
	} {
		if db.Retryable(err) {
			t.Errorf("%s is retryable: %v", name, err)
		}
	}
}

// openParts opens the table of parts.
func openParts(t testing.TB, db store.Backend) *table.Table[part] {
	t.Helper()
	tab, err := table.Open(t.Context(), db, table.Options[part]{})
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

// TestNamesThatWouldBeCutAreRefused refuses names that the server would cut short.
func TestNamesThatWouldBeCutAreRefused(t *testing.T) {
	db := open(t, pgcluster.URL(t), postgres.Options{Schema: namespace(t, pgcluster.URL(t))})
	for name, s := range map[string]func() (*schema.Schema, error){
		"table": func() (*schema.Schema, error) {
			return schema.New(strings.Repeat("t", 64), []schema.Column{{Name: "n", Type: schema.Int64}})
		},
		"column": func() (*schema.Schema, error) {
			return schema.New("t", []schema.Column{{Name: strings.Repeat("ü", 32), Type: schema.Int64}})
		},
	} {
		sc, err := s()
		if err != nil {
			t.Fatal(err)
		}
		var bad *schema.NameError
		if err := db.Ensure(t.Context(), sc, store.Strict); !errors.As(err, &bad) {
			t.Errorf("%s: error is %v, want a *schema.NameError", name, err)
		}
	}
	// The name of an index is derived, and always short enough.
	group := strings.Repeat("g", 60)
	sc, err := schema.New("t", []schema.Column{{Name: "n", Type: schema.Int64, Index: group}, {Name: "m", Type: schema.Int64, Unique: group}})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Ensure(t.Context(), sc, store.Strict); err != nil {
		t.Errorf("groups with long names: %v", err)
	}
}
