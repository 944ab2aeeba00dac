package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"

	"github.com/galley-db/galley/internal/pgcluster"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store/postgres"
)

// TestCopySpread copies a file into a namespace that three servers hold, where
// each batch is on one server, whole, with its mark, and back. Each copy is
// killed in the middle and run again.
func TestCopySpread(t *testing.T) {
	testtime.Minutes(t)
	source, back := measuredDB(t), filepath.Join(t.TempDir(), "back.db")
	want := within(t, source, sumsOf)
	clusters, servers := pgcluster.Join(t)
	url := clusters[0].URL()
	for _, column := range []string{"key", "galley_batch"} { // the struct's own, and one that no struct sees
		name := "by_" + column
		flags := []string{"--schema", name, "--distribute-by", column, "--servers", strings.Join(servers, ",")}
		opts := postgres.Options{Schema: name, DistributeBy: column, Servers: servers}
		for _, way := range []struct {
			from, to string
			opts     postgres.Options
			flags    []string
		}{{source, url, opts, flags}, {url, back, postgres.Options{}, []string{"--from-schema", name}}} {
			killed := killCopy(t, way.from, way.to, way.opts, way.flags...)
			args := append([]string{"copy", way.from, way.to, "--batch", "1", "--json"}, way.flags...)
			for _, left := range []int64{want.Rows - killed, 0} { // and once more
				var done []struct{ Rows, New, Batches int64 }
				if err := json.Unmarshal([]byte(ok(t, args...).out), &done); err != nil {
					t.Fatal(err)
				}
				if len(done) != 1 || done[0].Rows != want.Rows || done[0].New > left || done[0].Batches != copiedKeys {
					t.Errorf("%s: copied %+v, want at most %d of %d rows", way.to, done, left, want.Rows)
				}
			}
			// The sum of the volumes depends on the order of rows.
			if diff := cmp.Diff(want, withinAs(t, way.to, way.opts, sumsOf), cmpopts.EquateApprox(1e-12, 0)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", way.to, diff)
			}
		}
		if diff := cmp.Diff(within(t, source, rowsOf), within(t, back, rowsOf)); diff != "" {
			t.Errorf("there and back (-want +got):\n%s", diff)
		}
		if err := os.Remove(back); err != nil {
			t.Fatal(err)
		}
		batches := 0
		for i, c := range clusters {
			n := placed(t, c.URL(), name, i, column)
			if n == 0 {
				t.Errorf("server %d has no batches", i)
			}
			batches += n
		}
		if batches != copiedKeys {
			t.Errorf("%d batches are on one server with all of their rows, want %d", batches, copiedKeys)
		}
	}
	if r := galley(t, "copy", source, url, "--schema", "by_key"); r.status != exitFailed || !strings.Contains(r.errors, `the namespace was created with "key"; use the same value`) {
		t.Errorf("without --distribute-by: %+v", r)
	}
	if r := galley(t, "copy", source, url, "--schema", "nowhere", "--distribute-by", "key", "--servers", "node 0,node 9"); r.status != exitFailed ||
		!strings.Contains(r.errors, `Servers has "node 9", but no foreign server has that name`) {
		t.Errorf("a server that is none: %+v", r)
	}
	if dropSchemas(t, url, "nowhere") != 0 {
		t.Error("a namespace was made for servers that are not there")
	}
	if r := galley(t, "copy", scanDB(t), url, "--schema", "keyed", "--distribute-by", "task"); r.status != exitFailed || !strings.Contains(r.errors, "cannot have a key") {
		t.Errorf("a table with a key: %+v", r)
	}
}

// placed counts the batches that a server has with all of their rows.
func placed(t *testing.T, url, namespace string, server int, column string) (n int) {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	err = c.QueryRow(ctx, fmt.Sprintf(`SELECT count(*) FROM %[1]s.galley_batches_s%[2]d AS b WHERE rows = %[4]d AND rows =
		(SELECT count(*) FROM %[1]s.measured_s%[2]d AS r WHERE r.key = b.key AND r.%[3]s = b.key)`, namespace, server, column, copiedRows)).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestCopySchema copies into a namespace that is made, and from there into
// another of the same server.
func TestCopySchema(t *testing.T) {
	testtime.Seconds(t)
	source, url := scanDB(t), pgcluster.URL(t)
	first, second := fmt.Sprintf("galley_there_%d", os.Getpid()), fmt.Sprintf(`galley "odd" %d`, os.Getpid())
	t.Cleanup(func() { dropSchemas(t, url, first, second) })
	const copied = "scan      4           4        2         0"
	for _, args := range [][]string{
		{source, url, "--schema", first},
		{url, url, "--from-schema", first, "--schema", second},
		{url, filepath.Join(t.TempDir(), "back.db"), "--from-schema", second, "--tables", "scan"},
	} {
		if r := ok(t, append([]string{"copy"}, args...)...); !slices.Contains(strings.Split(r.out, "\n"), copied) {
			t.Errorf("%v:\n%s", args, r.out)
		}
	}
	if r := galley(t, "copy", url, filepath.Join(t.TempDir(), "none.db"), "--from-schema", "galley_none"); r.status != exitFailed ||
		!strings.Contains(r.errors, "(schema galley_none): not a galley database") {
		t.Errorf("a source that is not there: %+v", r)
	}
	if schemas := dropSchemas(t, url, "galley_none"); schemas != 0 {
		t.Error("the source was made")
	}
}

// dropSchemas drops namespaces and returns how many existed.
func dropSchemas(t *testing.T, url string, names ...string) (there int) {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	if err := c.QueryRow(ctx, "SELECT count(*) FROM pg_namespace WHERE nspname = ANY($1)", names).Scan(&there); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if _, err := c.Exec(ctx, "DROP SCHEMA IF EXISTS "+pgx.Identifier{name}.Sanitize()+" CASCADE"); err != nil {
			t.Error(err)
		}
	}
	return there
}

// TestCopyFlags refuses flags that are about a server where there is a file, and
// leaves nothing behind.
func TestCopyFlags(t *testing.T) {
	source, file := scanDB(t), filepath.Join(t.TempDir(), "made.db")
	const server = "postgres://127.0.0.1:1/none"
	for says, args := range map[string][]string{
		"--schema is the namespace of a DST on a server, and " + file + " is a file":        {source, file, "--schema", "a"},
		"; for the other side say --from-schema":                                            {server, file, "--schema", "a"},
		"; for the other side say --schema":                                                 {source, server, "--from-schema", "a"},
		"--from-schema is the namespace of a SRC on a server, and " + source + " is a file": {source, file, "--from-schema", "a"},
		"--distribute-by spreads the tables of a DST on a server":                           {server, file, "--distribute-by", "a"},
		"--servers spreads the tables of a DST on a server, and " + file + " is a file":     {source, file, "--servers", "a"},
		"--servers needs --distribute-by COLUMN":                                            {source, server, "--servers", "a,b"},
		"--schema is empty":                                                                 {source, server, "--schema", ""},
	} {
		if r := galley(t, append([]string{"copy"}, args...)...); r.status != exitUsage || !strings.Contains(r.errors, says) {
			t.Errorf("galley copy %q: %+v, want %q", args, r, says)
		}
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("the file was made")
	}
}
