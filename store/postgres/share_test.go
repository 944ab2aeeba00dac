package postgres_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store/postgres"
)

// A process that writes all the time gives connections back when the server has
// none left, so another process gets one.
func TestConnectionsAreShared(t *testing.T) {
	testtime.Minutes(t)
	c := newCrowd(t, postgres.Options{}, nil)
	connect := func() (*pgx.Conn, bool) {
		conn, err := pgx.Connect(t.Context(), c.url)
		var full *pgconn.PgError
		if errors.As(err, &full) && full.Code == "53300" { // too_many_connections
			return nil, false
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close(context.Background()) })
		return conn, true
	}
	ctx, stop := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	defer writers.Wait()
	defer stop()
	for i := range 8 {
		writers.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				rows := make([]part, 3_000) // too many to share a transaction
				for k := range rows {
					rows[k] = part{N: int64(k % 900), Batch: ""}
				}
				if err := c.tab.Append(ctx, rows); err != nil && !errors.Is(err, context.Canceled) {
					t.Errorf("writer %d: %v", i, err)
					return
				}
			}
		})
	}
	for taken := 0; ; taken++ {
		if _, ok := connect(); !ok {
			break
		}
		if taken > 1_000 {
			t.Fatal("the server takes any number of connections")
		}
	}
	for got, tries := 0, 0; got < 3; tries++ {
		if _, ok := connect(); ok {
			got++
		}
		if tries == 5_000 {
			t.Fatalf("%d connections after %d tries, want 3", got, tries)
		}
	}
}
