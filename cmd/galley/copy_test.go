package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/galley-db/galley/internal/pgcluster"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/postgres"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// schemaURL is a namespace of the test's own on the server.
func schemaURL(t *testing.T, name string) string {
	t.Helper()
	server := pgcluster.URL(t)
	name = fmt.Sprintf("galley_copy_%d_%s", os.Getpid(), name)
	ctx := context.Background()
	run := func(statement string) {
		c, err := pgx.Connect(ctx, server)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close(ctx)
		if _, err := c.Exec(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	run("CREATE SCHEMA " + name)
	t.Cleanup(func() { run("DROP SCHEMA " + name + " CASCADE") })
	mark := "?"
	if strings.Contains(server, mark) {
		mark = "&"
	}
	return server + mark + "search_path=" + name
}

// measured is a row of what is copied.
type measured struct {
	N      int64     `db:"n"`
	Key    string    `db:"key,batch,index"`
	Volume float64   `db:"volume"`
	Count  *uint64   `db:"count,uint=text"`
	Done   bool      `db:"done"`
	At     time.Time `db:"at,time=us"`
	Vector []float32 `db:"vector,dim=3"`
}

const (
	copiedKeys = 500
	copiedRows = 100 // of each key
)

// measuredDB is a file with keyed batches of rows.
func measuredDB(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "features.db")
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tab, err := table.Open(t.Context(), db, table.Options[measured]{})
	if err != nil {
		t.Fatal(err)
	}
	for k := range copiedKeys {
		rows := make([]measured, copiedRows)
		for i := range rows {
			n := k*copiedRows + i
			rows[i] = measured{N: int64(n), Volume: float64(n) / 7, Done: n%3 == 0, At: time.UnixMicro(int64(n) * 1_234_567).UTC(),
				Vector: []float32{float32(n), 0.5, -1}}
			if n%2 == 0 {
				count := ^uint64(n)
				rows[i].Count = &count
			}
		}
		if _, err := tab.AppendOnce(t.Context(), fmt.Sprintf("sub-%03d", k), rows); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// sums are what a table adds up to, as the database itself counts.
type sums struct {
	Rows, N, Done, Counted int64
	Volume                 float64
	Batches                int64
}

// sumsOf adds up the table, and counts the keys that are not a copy's own.
func sumsOf(t *testing.T, db store.Backend) sums {
	t.Helper()
	const query = `SELECT count(*) AS rows, CAST(sum(n) AS bigint) AS n, sum(CASE WHEN done THEN 1 ELSE 0 END) AS done, count("count") AS counted,
		sum(volume) AS volume, (SELECT count(*) FROM galley_batches WHERE key LIKE 'sub-%') AS batches FROM measured`
	for s, err := range store.Query[sums](t.Context(), db, query) {
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	t.Fatal("no sums")
	return sums{}
}

// within opens a database while do runs: galley in this process opens it in
// another way.
func within[V any](t *testing.T, name string, do func(t *testing.T, db store.Backend) V) V {
	t.Helper()
	return withinAs(t, name, postgres.Options{}, do)
}

func withinAs[V any](t *testing.T, name string, opts postgres.Options, do func(t *testing.T, db store.Backend) V) V {
	t.Helper()
	db, err := backend(t.Context(), name, opts)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	return do(t, db)
}

// TestCopyKilled copies a file to a server and from there into another file.
// Each copy is killed in the middle, and run again.
func TestCopyKilled(t *testing.T) {
	testtime.Minutes(t)
	source := measuredDB(t)
	want := within(t, source, sumsOf)
	if want.Rows != copiedKeys*copiedRows || want.Batches != copiedKeys {
		t.Fatalf("the source has %+v", want)
	}
	server, back := schemaURL(t, "killed"), filepath.Join(t.TempDir(), "back.db")
	for _, way := range []struct{ from, to string }{{source, server}, {server, back}} {
		killed := killCopy(t, way.from, way.to, postgres.Options{})
		var done []struct {
			Table              string
			Rows, New, Batches int64
		}
		if err := json.Unmarshal([]byte(ok(t, "copy", way.from, way.to, "--batch", "1", "--json").out), &done); err != nil {
			t.Fatal(err)
		}
		if len(done) != 1 || done[0].Rows != want.Rows || done[0].New > want.Rows-killed || done[0].Batches != copiedKeys {
			t.Errorf("copied %+v after %d of %d rows, want no more than was left", done, killed, want.Rows)
		}
		if diff := cmp.Diff(want, within(t, way.to, sumsOf)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", way.to, diff)
		}
	}
	if diff := cmp.Diff(within(t, source, rowsOf), within(t, back, rowsOf)); diff != "" {
		t.Errorf("there and back (-want +got):\n%s", diff)
	}
	if r := ok(t, "doctor", back); !strings.Contains(r.out, "no problem found") {
		t.Errorf("doctor:\n%s", r.out)
	}
	// A pipeline goes on where it was, on the server and in the file.
	for _, name := range []string{server, back} {
		applied := within(t, name, func(t *testing.T, db store.Backend) bool {
			tab, err := table.Open(t.Context(), db, table.Options[measured]{})
			if err != nil {
				t.Fatal(err)
			}
			applied, err := tab.AppendOnce(t.Context(), "sub-007", []measured{{N: -1, Vector: make([]float32, 3)}})
			if err != nil {
				t.Error(err)
			}
			return applied
		})
		if applied {
			t.Errorf("%s: a task that is done is applied", name)
		}
	}
}

func rowsOf(t *testing.T, db store.Backend) (rows []measured) {
	t.Helper()
	tab, err := table.Open(t.Context(), db, table.Options[measured]{})
	if err != nil {
		t.Fatal(err)
	}
	for row, err := range tab.Where(t.Context(), "", table.OrderBy("n")) {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}

// killCopy runs galley copy in a process of its own, kills it when the destination
// has some rows, and returns their number.
func killCopy(t *testing.T, from, to string, opts postgres.Options, flags ...string) int64 {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), argsVar+"="+strings.Join(append([]string{"copy", from, to, "--batch", "1"}, flags...), "\n"))
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	n := withinAs(t, to, opts, func(t *testing.T, db store.Backend) int64 {
		for countRows(t, db) == 0 {
			if t.Context().Err() != nil {
				t.Fatal("the copy does not begin")
			}
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return countRows(t, db)
	})
	if n == 0 || n == copiedKeys*copiedRows {
		t.Fatalf("%d rows are there when the copy is killed, want some of them: %s", n, out.String())
	}
	return n
}

// countRows is 0 while there is no table.
func countRows(t *testing.T, db store.Backend) (n int64) {
	t.Helper()
	s, err := db.Describe(t.Context(), "measured")
	if err != nil {
		t.Fatal(err)
	}
	if s == nil {
		return 0
	}
	type counted struct{ N int64 }
	for c, err := range store.Query[counted](t.Context(), db, "SELECT count(*) AS n FROM measured") {
		if err != nil {
			t.Fatal(err)
		}
		n = c.N
	}
	return n
}

// TestCopyOfAnother refuses a destination with rows of another source, and a
// source that has changed since an attempt that was interrupted.
func TestCopyOfAnother(t *testing.T) {
	testtime.Seconds(t)
	source, server := scanDB(t), schemaURL(t, "another")
	ok(t, "copy", source, server)
	if r := ok(t, "copy", source, server); !slices.Contains(strings.Split(r.out, "\n"), "scan      4           0        2         0") {
		t.Errorf("a second copy:\n%s", r.out)
	}
	within(t, source, func(t *testing.T, db store.Backend) error {
		tab, err := table.Open(t.Context(), db, table.Options[scan]{})
		if err == nil {
			err = tab.Append(t.Context(), []scan{{Subject: "sub-09", Region: "left", At: time.Unix(0, 0)}})
		}
		if err != nil {
			t.Error(err)
		}
		return err
	})
	if r := galley(t, "copy", source, server); r.status != exitFailed || !strings.Contains(r.errors, "copy into another database") {
		t.Errorf("a source that has changed: %+v", r)
	}
	if r := ok(t, "copy", server, filepath.Join(t.TempDir(), "back.db")); !slices.Contains(strings.Split(r.out, "\n"), "scan      4           4        2         0") {
		t.Errorf("after a copy that was refused:\n%s", r.out)
	}
}
