package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/galley-db/galley/internal/pgcluster"
	"github.com/galley-db/galley/internal/testtime"
)

// The page of a server has its tables and batches, shows no password, and leaves no
// transaction open.
func TestWatchPageOfAServer(t *testing.T) {
	testtime.Seconds(t)
	url, namespace := pgcluster.URL(t), fmt.Sprintf("galley_page_%d", os.Getpid())
	t.Cleanup(func() { dropSchemas(t, url, namespace) })
	ok(t, "copy", scanDB(t), url, "--schema", namespace)
	page, metrics := served(t, url, "--schema", namespace, "--expect", file(t, "list.txt", "sub-01\nsub-02\nsub-03\n"))
	if !strings.Contains(page, "<b>2</b> of 3 done") || !strings.Contains(page, `href="table?name=scan"`) {
		t.Errorf("the page:\n%s", page)
	}
	for _, want := range []string{"galley_up 1\n", "galley_table_rows{table=\"scan\"} 4\n", "galley_table_batches{table=\"scan\"} 2\n", `galley_expected_batches{state="missing"} 1` + "\n"} {
		if !strings.Contains(metrics, want) {
			t.Errorf("metrics lack %q:\n%s", want, metrics)
		}
	}
	// While the page is served, and after a table was looked at.
	browse(t, func(get func(path string) string) {
		for _, path := range []string{"table?name=scan", "api/figures?name=scan", "api/overview"} {
			if text := get(path); !strings.Contains(text, "volume") && path != "api/overview" {
				t.Errorf("%s:\n%s", path, text)
			}
		}
		if n := openTransactions(t, url); n != 0 {
			t.Errorf("%d transactions are open between refreshes", n)
		}
	}, url, "--schema", namespace, "--every", "1h")
	for _, args := range [][]string{{scanDB(t), "--http", ":0", "--schema", "x"}, {url}, {url, "--schema", namespace}} {
		if r := galley(t, append([]string{"watch"}, args...)...); r.status != exitUsage {
			t.Errorf("%q: %+v", args, r)
		}
	}
}

// openTransactions counts the sessions of a server that wait within a transaction.
func openTransactions(t *testing.T, url string) (n int) {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	err = c.QueryRow(ctx, "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' AND datname = current_database() AND query LIKE '%galley_page%'").Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
