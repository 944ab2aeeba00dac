package postgres_test

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/galley-db/galley/internal/pgcluster"
	"github.com/galley-db/galley/store/postgres"
)

func TestMain(m *testing.M) { os.Exit(pgcluster.Main(m)) }

var namespaces atomic.Int64

// namespace is the name of a schema that no other test has, which is dropped
// at the end of the test.
func namespace(t testing.TB, url string) string {
	t.Helper()
	name := fmt.Sprintf("galley_test_%d_%d_%d", os.Getpid(), time.Now().UnixNano(), namespaces.Add(1))
	t.Cleanup(func() { exec(t, url, "DROP SCHEMA IF EXISTS "+name+" CASCADE") })
	return name
}

// exec runs a statement on a connection of its own.
func exec(t testing.TB, url string, statements ...string) {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Error(err)
		return
	}
	defer c.Close(ctx)
	for _, sql := range statements {
		if _, err := c.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// ask is the one value of a query on a connection of its own.
func ask[V any](t testing.TB, url, sql string, args ...any) (v V) {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	if err := c.QueryRow(ctx, sql, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
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
