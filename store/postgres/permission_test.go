package postgres_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/galley-db/galley/backoff"
	"github.com/galley-db/galley/internal/pgcluster"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/postgres"
	"github.com/galley-db/galley/table"
)

// role creates a role named as the namespace, which may log in and has the privileges
// that the statements grant; %[1]s in them is its name. It returns the role's
// connection string.
func role(t *testing.T, url, name string, statements ...string) string {
	t.Helper()
	sql(t, url, "CREATE ROLE "+name+" LOGIN PASSWORD 'x'")
	t.Cleanup(func() { sql(t, url, "DROP OWNED BY "+name, "DROP ROLE "+name) })
	for _, s := range statements {
		sql(t, url, strings.ReplaceAll(s, "ROLE", name))
	}
	return strings.Replace(url, "://postgres@", "://"+name+":x@", 1)
}

// grantsOf are the statements of docs/scale-out.md for a role that reads or writes.
func grantsOf(namespace string, writes bool) []string {
	grants := []string{
		"GRANT USAGE ON SCHEMA " + namespace + " TO ROLE",
		"GRANT SELECT ON ALL TABLES IN SCHEMA " + namespace + " TO ROLE",
	}
	if writes {
		grants = append(grants,
			"GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "+namespace+" TO ROLE",
			"GRANT USAGE ON ALL SEQUENCES IN SCHEMA "+namespace+" TO ROLE",
		)
	}
	return grants
}

// TestDocumentedGrantsSuffice: a role with the privileges that the documentation lists reads and
// writes tables that another role has created.
func TestDocumentedGrantsSuffice(t *testing.T) {
	type keyed struct {
		N    int64 `db:",key"`
		Text string
		B    string `db:",batch"`
	}
	url := pgcluster.URL(t)
	name := namespace(t, url)
	owner := open(t, url, postgres.Options{Schema: name})
	if _, err := table.Open(t.Context(), owner, table.Options[keyed]{Quarantine: true}); err != nil {
		t.Fatal(err)
	}
	db := open(t, role(t, url, name, grantsOf(name, true)...), postgres.Options{Schema: name})
	tab, err := table.Open(t.Context(), db, table.Options[keyed]{})
	if err != nil {
		t.Fatal(err)
	}
	rows := []keyed{{N: 1, Text: "a"}, {N: 2, Text: "b"}}
	for what, work := range map[string]func() error{
		"AppendOnce": func() error { _, err := tab.AppendOnce(t.Context(), "k", rows); return err },
		"Upsert":     func() error { _, err := tab.Upsert(t.Context(), []keyed{{N: 7, Text: "c"}}); return err },
		"Replace":    func() error { _, err := tab.Replace(t.Context(), "l", []keyed{{N: 8}}); return err },
	} {
		if err := work(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, work := range map[string]func() error{
		"Update": func() error {
			_, err := table.Update(t.Context(), tab, struct{ Text string }{"d"}, "n = ?", 1)
			return err
		},
		"Delete": func() error { _, err := tab.Delete(t.Context(), "n = ?", 7); return err },
		"Forget": func() error { _, err := tab.Forget(t.Context(), "l"); return err },
		"Count":  func() error { _, err := tab.Count(t.Context()); return err },
	} {
		if err := work(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	err = db.Ensure(t.Context(), newSchema(t, "other", "n"), store.Strict)
	if !errors.Is(err, store.ErrPermission) {
		t.Errorf("a new table: error is %v, want store.ErrPermission", err)
	}
}

func newSchema(t *testing.T, name string, columns ...string) *schema.Schema {
	t.Helper()
	var all []schema.Column
	for _, c := range columns {
		all = append(all, schema.Column{Name: c, Type: schema.Int64})
	}
	s, err := schema.New(name, all)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestRowSecurity: a row that a policy refuses is the row's fault, and not that of
// the server or the role.
func TestRowSecurity(t *testing.T) {
	url := pgcluster.URL(t)
	name := namespace(t, url)
	openParts(t, open(t, url, postgres.Options{Schema: name}))
	limited := role(t, url, name, grantsOf(name, true)...)
	sql(t, url, "ALTER TABLE "+name+".part ENABLE ROW LEVEL SECURITY",
		"CREATE POLICY own ON "+name+".part USING (true) WITH CHECK (n < 3)")
	tab := openParts(t, open(t, limited, postgres.Options{Schema: name, Copy: postgres.Never}))
	if err := tab.Append(t.Context(), parts(0, 3)); err != nil {
		t.Fatal(err)
	}
	for what, write := range map[string]func() error{
		"Append":     func() error { return tab.Append(t.Context(), parts(2, 3)) },
		"AppendOnce": func() error { _, err := tab.AppendOnce(t.Context(), "k", parts(2, 3)); return err },
	} {
		err := write()
		row, ok := errors.AsType[*store.RowError](err)
		if !ok || row.Row != 1 || !errors.Is(err, store.ErrConstraint) || errors.Is(err, store.ErrReadOnly) || errors.Is(err, store.ErrPermission) {
			t.Errorf("%s: error is %v, want a *store.RowError of row 1 and store.ErrConstraint", what, err)
		}
	}
	if n, err := table.Update(t.Context(), tab, struct{ N int64 }{9}, "n = ?", 1); n != 0 || !errors.Is(err, store.ErrConstraint) {
		t.Errorf("Update: %d rows, error is %v, want store.ErrConstraint", n, err)
	}
	if n, err := tab.Count(t.Context()); n != 3 || err != nil {
		t.Errorf("%d rows, %v, want 3", n, err)
	}
	// The server refuses COPY where a policy holds.
	copies := openParts(t, open(t, limited, postgres.Options{Schema: name, Copy: postgres.Always}))
	if err := copies.Append(t.Context(), parts(0, 1)); err == nil || !strings.Contains(err.Error(), "Options.Copy") {
		t.Errorf("COPY: error is %v, want one that names Options.Copy", err)
	}
}

// TestSystemColumns: a column that each table of the server has is refused in words,
// also as a new one.
func TestSystemColumns(t *testing.T) {
	db, _, _ := openNew(t, postgres.Options{})
	if err := db.Ensure(t.Context(), newSchema(t, "t", "n"), store.Strict); err != nil {
		t.Fatal(err)
	}
	for _, column := range []string{"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"} {
		for name, columns := range map[string][]string{"t": {"n", column}, "u": {column}} {
			err := db.Ensure(t.Context(), newSchema(t, name, columns...), store.Additive)
			if wrong, ok := errors.AsType[*schema.NameError](err); !ok || wrong.Name != column || wrong.Kind != "column" {
				t.Errorf("%s: error is %v, want a *schema.NameError", column, err)
			}
		}
	}
	if err := db.Ensure(t.Context(), newSchema(t, "v", "CTID", "x"), store.Strict); err != nil {
		t.Errorf("CTID is another name: %v", err)
	}
}

// TestAdviceOfLostServer: an error after the last attempt advises what fits its cause.
func TestAdviceOfLostServer(t *testing.T) {
	server := pgcluster.URL(t)
	p, url := newProxy(t, server)
	db, err := postgres.Open(t.Context(), url, postgres.Options{Schema: namespace(t, server)})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tab, err := table.Open(t.Context(), db, table.Options[part]{Retrier: backoff.Exponential{MaxAttempts: 2}})
	if err != nil {
		t.Fatal(err)
	}
	p.arm(cut{direction: toServer}, 1000)
	err = tab.Append(t.Context(), parts(0, 1))
	if _, ok := errors.AsType[*backoff.ExhaustedError](err); !ok || strings.Contains(err.Error(), "lock") || !strings.Contains(err.Error(), "whether the server runs") {
		t.Errorf("error is %v, want a *backoff.ExhaustedError that speaks of the server", err)
	}
	busy := &backoff.ExhaustedError{Err: fmt.Errorf("%w", store.ErrBusy)}
	if !strings.Contains(busy.Error(), "which process holds the lock") {
		t.Errorf("%v does not speak of the lock", busy)
	}
}
