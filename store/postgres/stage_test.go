package postgres_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/galley-db/galley/backoff"
	"github.com/galley-db/galley/internal/pgcluster"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/postgres"
	"github.com/galley-db/galley/table"
)

type counter struct {
	K int64 `db:",key"`
	V int64
}

// TestUpsertOrder has several hosts write the same rows, each in an order of
// its own and without a retry: none waits for another in a circle.
func TestUpsertOrder(t *testing.T) {
	testtime.Seconds(t)
	url := pgcluster.URL(t)
	name := namespace(t, url)
	const hosts, rounds, rows = 6, 12, 300
	for _, mode := range []schema.Mode{schema.Upsert, schema.Ignore} {
		var writing sync.WaitGroup
		for h := range hosts {
			tab, err := table.Open(t.Context(), open(t, url, postgres.Options{Schema: name}),
				table.Options[counter]{Name: fmt.Sprint("counter", mode), Retrier: backoff.None()})
			if err != nil {
				t.Fatal(err)
			}
			writing.Go(func() {
				order := rand.New(rand.NewPCG(1, uint64(h)))
				for round := range rounds {
					batch := make([]counter, rows)
					for i, k := range order.Perm(rows) {
						batch[i] = counter{int64(round/2*rows + k), int64(h)}
					}
					if _, err := tab.Insert(t.Context(), table.Batch[counter]{Rows: batch, Mode: mode}); err != nil {
						t.Errorf("mode %v, host %d, round %d: %v", mode, h, round, err)
						return
					}
				}
			})
		}
		writing.Wait()
	}
}

// TestUpsertOrderUnique: where the order of rows matters, as in a unique group,
// it is the batch's, and the rows that exist are locked by the key first.
func TestUpsertOrderUnique(t *testing.T) {
	testtime.Seconds(t)
	type ranked struct {
		K    int64 `db:",key"`
		Rank int64 `db:",unique"`
		V    int64
	}
	url := pgcluster.URL(t)
	name := namespace(t, url)
	const hosts, rounds, rows = 6, 8, 300
	var tabs []*table.Table[ranked]
	for range hosts {
		tab, err := table.Open(t.Context(), open(t, url, postgres.Options{Schema: name}), table.Options[ranked]{Retrier: backoff.None()})
		if err != nil {
			t.Fatal(err)
		}
		tabs = append(tabs, tab)
	}
	first := make([]ranked, rows)
	for i := range first {
		first[i] = ranked{int64(i), int64(i), 0}
	}
	if err := tabs[0].Append(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	var writing sync.WaitGroup
	for h, tab := range tabs {
		writing.Go(func() {
			order := rand.New(rand.NewPCG(1, uint64(h)))
			for range rounds {
				batch := make([]ranked, rows)
				for i, k := range order.Perm(rows) {
					batch[i] = ranked{int64(k), int64(k), int64(h)}
				}
				if _, err := tab.Upsert(t.Context(), batch); err != nil {
					t.Errorf("host %d: %v", h, err)
					return
				}
			}
		})
	}
	writing.Wait()
	// Row 1 makes room for row 0.
	res, err := tabs[0].Upsert(t.Context(), []ranked{{1, 1000, 0}, {0, 1, 0}})
	if err != nil || res.Changed != 2 {
		t.Errorf("%+v, %v, want 2 rows changed", res, err)
	}
}

// TestUpsertOfKeys upserts rows that are all key while another program deletes
// them: each exists when the batch commits.
func TestUpsertOfKeys(t *testing.T) {
	testtime.Seconds(t)
	type only struct {
		K int64 `db:",key"`
	}
	url := pgcluster.URL(t)
	name := namespace(t, url)
	tab, err := table.Open(t.Context(), open(t, url, postgres.Options{Schema: name}), table.Options[only]{Retrier: backoff.None()})
	if err != nil {
		t.Fatal(err)
	}
	rows := make([]only, 200)
	for i := range rows {
		rows[i] = only{int64(i)}
	}
	ctx, stop := context.WithCancel(t.Context())
	var deleting sync.WaitGroup
	deleting.Go(func() {
		c, err := pgx.Connect(t.Context(), url)
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close(t.Context())
		for ctx.Err() == nil {
			if _, err := c.Exec(t.Context(), "DELETE FROM "+name+".only WHERE k = $1", rand.IntN(len(rows))); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for i := range 150 {
		if _, err := tab.Upsert(t.Context(), rows); err != nil {
			t.Errorf("upsert %d: %v", i, err)
			break
		}
	}
	stop()
	deleting.Wait()
}

// TestRebuildToJSON refuses texts of which a jsonb would drop a part.
func TestRebuildToJSON(t *testing.T) {
	testtime.Seconds(t)
	type text struct{ A *string }
	type doc struct{ A *json.RawMessage }
	db := open(t, pgcluster.URL(t), postgres.Options{Schema: namespace(t, pgcluster.URL(t))})
	for i, c := range []struct {
		text string
		kept bool
	}{
		{`{"b": 1, "a": [{"b": 1}, {"b": 2}]}`, true}, {`[1, "a", null]`, true}, {`7`, true}, {`{}`, true},
		{`{"a": 1, "a": 1}`, false}, {`[[{"x": {"a": 1, "b": 2, "a": 3}}]]`, false},
	} {
		name := fmt.Sprint("t", i)
		before, err := table.Open(t.Context(), db, table.Options[text]{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		if err := before.Append(t.Context(), []text{{&c.text}, {nil}}); err != nil {
			t.Fatal(err)
		}
		_, err = table.Open(t.Context(), db, table.Options[doc]{Name: name, Evolve: store.Rebuild})
		if c.kept && err != nil || !c.kept && !errors.Is(err, schema.ErrJSON) {
			t.Errorf("%s: error is %v, want it kept: %v", c.text, err, c.kept)
		}
	}
}
