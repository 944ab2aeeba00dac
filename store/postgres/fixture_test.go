package postgres_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/galley-db/galley/store/postgres"
)

var namespaces atomic.Int64

// namespace is the name of a schema that no other test has, which is dropped
// at the end of the test.
func namespace(t testing.TB, url string) string {
	t.Helper()
	name := fmt.Sprintf("galley_test_%d_%d_%d", os.Getpid(), time.Now().UnixNano(), namespaces.Add(1))
	t.Cleanup(func() { sql(t, url, "DROP SCHEMA IF EXISTS "+name+" CASCADE") })
	return name
}

// sql runs a statement on a connection of its own.
func sql(t testing.TB, url string, statements ...string) {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Error(err)
		return
	}
	defer c.Close(ctx)
	for _, statement := range statements {
		if _, err := c.Exec(ctx, statement, pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Errorf("%s: %v", statement, err)
		}
	}
}

// ask is the one value of a query on a connection of its own.
func ask[V any](t testing.TB, url, query string, args ...any) (v V) {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	if err := c.QueryRow(ctx, query, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}

// open opens a namespace and closes it at the end of the test.
func open(t testing.TB, url string, opts postgres.Options) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), url, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return db
}

// with is a connection string with a parameter more.
func with(url, name, value string) string {
	mark := "?"
	if strings.Contains(url, mark) {
		mark = "&"
	}
	return url + mark + name + "=" + value
}

// hold runs a statement in a transaction of its own, which it ends when release
// is called.
func hold(t testing.TB, url, statement string) (release func()) {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	tx, err := c.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(ctx, statement); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := tx.Rollback(ctx); err != nil {
			t.Error(err)
		}
		if err := c.Close(ctx); err != nil {
			t.Error(err)
		}
	}
}
