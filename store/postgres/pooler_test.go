package postgres_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/galley-db/galley/internal/pgcluster"
	"github.com/galley-db/galley/internal/storetest"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/postgres"
	"github.com/galley-db/galley/table"
)

// TestPoolerConformance holds a server behind PgBouncer against the suite. Both
// modes are one to galley, and transaction mode is the harder one.
func TestPoolerConformance(t *testing.T) {
	testtime.Minutes(t)
	conform(t, pgcluster.Pooler(t, pgcluster.URL(t), "transaction"), postgres.Options{}, storetest.Suite{})
}

// TestPoolerNamespaces writes into 2 namespaces under equal names and keys,
// through one pooler, while another program changes its search_path and has a
// table of the same name. Each namespace has its own rows and keys and no
// others.
func TestPoolerNamespaces(t *testing.T) {
	testtime.Seconds(t)
	server := pgcluster.URL(t)
	for _, mode := range []string{"session", "transaction"} {
		t.Run(mode, func(t *testing.T) {
			pooled := pgcluster.Pooler(t, server, mode)
			other := namespace(t, server)
			sql(t, server, "CREATE SCHEMA "+other, "CREATE TABLE "+other+".part (n bigint, name text, batch text)",
				"CREATE TABLE "+other+".galley_batches (id bigint, \"table\" text, key text, rows bigint)",
				"INSERT INTO "+other+".part VALUES (42, 'of another program', '')",
				"INSERT INTO "+other+".galley_batches VALUES (1, 'part', 'other', 1)")
			var tabs []*table.Table[part]
			var names []string
			var dbs []*postgres.DB
			for i := range 2 {
				names = append(names, namespace(t, server))
				dbs = append(dbs, open(t, pooled, postgres.Options{Schema: names[i]}))
				tabs = append(tabs, openParts(t, dbs[i]))
			}
			ctx, stop := context.WithCancel(t.Context())
			var mixing, writing sync.WaitGroup
			mixing.Go(func() { leaveSearchPath(ctx, t, pooled, other) })
			const batches = 40
			for i, tab := range tabs {
				for g := range 4 {
					writing.Go(func() {
						for b := range batches {
							key := fmt.Sprintf("%d/%d", g, b)
							n := 1 + (i+b)%3
							if applied, err := tab.AppendOnce(ctx, key, parts(0, n)); !applied || err != nil {
								t.Errorf("%s of namespace %d: applied is %v, %v", key, i, applied, err)
							}
							if done, err := tab.Done(ctx, "other"); done || err != nil {
								t.Errorf("the key of another ledger: done is %v, %v", done, err)
							}
							for row, err := range tab.Where(ctx, "batch = $1 AND n = 0", key) {
								if err != nil || row.Batch != key {
									t.Errorf("read %+v, %v", row, err)
								}
							}
						}
					})
				}
			}
			writing.Wait()
			stop()
			mixing.Wait()
			for i, tab := range tabs {
				want := 0
				for b := range batches {
					want += 4 * (1 + (i+b)%3)
				}
				if n, err := tab.Count(t.Context()); int(n) != want || err != nil {
					t.Errorf("namespace %d: Count is %d, %v, want %d", i, n, err, want)
				}
				if n := ask[int](t, server, "SELECT count(*) FROM "+names[i]+".part"); n != want {
					t.Errorf("namespace %d has %d rows, want %d", i, n, want)
				}
				if n := ask[int](t, server, "SELECT count(*) FROM "+names[i]+".galley_batches"); n != 4*batches {
					t.Errorf("namespace %d has %d keys, want %d", i, n, 4*batches)
				}
				// What a program says in plain SQL is about its own namespace, too.
				for c, err := range store.Query[struct{ N int64 }](t.Context(), dbs[i], "SELECT count(*) AS n FROM part") {
					if int(c.N) != want || err != nil {
						t.Errorf("namespace %d: a query counts %d, %v, want %d", i, c.N, err, want)
					}
				}
			}
		})
	}
}

// leaveSearchPath is another program at the pooler: it leaves its search_path
// behind, and finds its sessions able to write.
func leaveSearchPath(ctx context.Context, t *testing.T, url, path string) {
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Error(err)
		return
	}
	defer c.Close(t.Context())
	for ctx.Err() == nil {

		for _, statement := range []string{"SET search_path TO " + path, "SET standard_conforming_strings TO off"} {
			if _, err := c.Exec(t.Context(), statement, pgx.QueryExecModeSimpleProtocol); err != nil {
				t.Error(err)
				return
			}
		}
		results, err := c.PgConn().Exec(t.Context(), "SHOW default_transaction_read_only; SHOW client_encoding").ReadAll()
		if err != nil {
			t.Error(err)
			return
		}
		readOnly, encoding := string(results[0].Rows[0][0]), string(results[1].Rows[0][0])
		if readOnly != "off" || encoding != "UTF8" {
			t.Errorf("another program finds default_transaction_read_only %s and client_encoding %s", readOnly, encoding)
			return
		}
	}
}
