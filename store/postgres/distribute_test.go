package postgres_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/galley-db/galley/internal/pgcluster"
	"github.com/galley-db/galley/internal/storetest"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/postgres"
	"github.com/galley-db/galley/table"
)

// join starts three servers, and returns the options for using them.
func join(t *testing.T) (clusters [3]*pgcluster.Cluster, opts postgres.Options) {
	t.Helper()
	clusters, opts.Servers = pgcluster.Join(t)
	opts.DistributeBy = "galley_batch"
	return clusters, opts
}

// TestDistributedServersConform holds three servers against the suite, as far as it applies:
// tables have no keys. Then 8 processes write while a server with a part
// crashes, and then the one that leads to the parts.
func TestDistributedServersConform(t *testing.T) {
	testtime.Minutes(t)
	clusters, opts := join(t)
	t.Run("Conformance", func(t *testing.T) {
		testtime.Minutes(t)
		conform(t, clusters[0].URL(), opts, storetest.Suite{NoKeys: true})
	})
	// By a column that some of the suite's tables have themselves.
	t.Run("ConformanceOwn", func(t *testing.T) {
		testtime.Minutes(t)
		opts := opts
		opts.DistributeBy = "batch"
		conform(t, clusters[0].URL(), opts, storetest.Suite{NoKeys: true, KeysOnly: true})
	})
	t.Run("SeveralKeysOrTables", func(t *testing.T) { refuseSeveral(t, clusters[0].URL(), opts) })
	t.Run("Placement", func(t *testing.T) { checkPlacement(t, clusters, opts) })
	t.Run("Crash", func(t *testing.T) {
		opts := opts
		opts.Schema, opts.MaxConns = "crash", 3
		o := order{URL: clusters[0].URL(), Options: opts, Batches: 40}
		const writers = 8
		crashed := 0
		said := runWriters(t, o, writers, func(n int) {
			switch n {
			case 80:
				crash(t, clusters[1])
			case 160:
				crash(t, clusters[2])
			case 240:
				crash(t, clusters[0])
			default:
				return
			}
			crashed++
		})
		if crashed != 3 {
			t.Errorf("servers crashed %d times, want 3", crashed)
		}
		checkWritten(t, clusters[0].URL(), "crash", o, writers, said)
	})
}

// checkPlacement looks at each server's own tables: batches are spread, and
// each is on one server, with its mark and its rejected rows.
func checkPlacement(t *testing.T, clusters [3]*pgcluster.Cluster, opts postgres.Options) {
	type checked struct {
		N    int64
		Size float64 `db:",check=size >= 0"`
	}
	url := clusters[0].URL()
	opts.Schema = namespace(t, url)
	db := open(t, url, opts)
	tab, err := table.Open(t.Context(), db, table.Options[checked]{Name: "checked", Quarantine: true})
	if err != nil {
		t.Fatal(err)
	}
	const keys = 60
	for k := range keys {
		rows := make([]checked, 10)
		for i := range rows {
			rows[i].N = int64(10*k + i)
		}
		rows[4].Size = -1
		if _, err := tab.AppendOnce(t.Context(), fmt.Sprint("key ", k), rows); err != nil {
			t.Fatal(err)
		}
	}
	total := 0
	for i, c := range clusters {
		part := func(table string) string { return fmt.Sprintf("%s.%s_s%d", opts.Schema, table, i) }
		batches := ask[int](t, c.URL(), "SELECT count(*) FROM "+part("galley_batches"))
		together := ask[int](t, c.URL(), "SELECT count(*) FROM "+part("galley_batches")+" AS b WHERE"+
			" (SELECT count(*) FROM "+part("checked")+" AS r WHERE r.galley_batch = b.key) = 9 AND"+
			" (SELECT count(*) FROM "+part("checked_rejected")+" AS q WHERE q.galley_place = b.key AND q.key = b.key) = 1")
		if batches == 0 || batches == keys || together != batches {
			t.Errorf("server %d has %d batches, %d of them with all their rows", i, batches, together)
		}
		total += batches
	}
	if total != keys {
		t.Errorf("the servers have %d batches, want %d", total, keys)
	}
}

// TestDistributedRefuses are tables that cannot be distributed, and rows that
// would not say where they belong.
func TestDistributedRefuses(t *testing.T) {
	// Without Servers, galley makes the tables and leaves it to others to
	// spread them.
	db, url, name := openNew(t, postgres.Options{DistributeBy: "place"})
	type keyed struct {
		N int64 `db:",key"`
	}
	type unique struct {
		N int64 `db:",unique"`
	}
	type taken struct {
		Place int64
	}
	type placed struct {
		N     int64
		Place string `db:",batch"`
	}
	var mismatch *store.MismatchError
	if _, err := table.Open(t.Context(), db, table.Options[keyed]{}); !errors.As(err, &mismatch) {
		t.Errorf("a key: error is %v, want a *store.MismatchError", err)
	}
	if _, err := table.Open(t.Context(), db, table.Options[unique]{}); !errors.As(err, &mismatch) {
		t.Errorf("a unique group: error is %v, want a *store.MismatchError", err)
	}
	if _, err := table.Open(t.Context(), db, table.Options[taken]{}); !errors.As(err, &mismatch) {
		t.Errorf("a column of that name: error is %v, want a *store.MismatchError", err)
	}
	tab, err := table.Open(t.Context(), db, table.Options[placed]{})
	if err != nil {
		t.Fatal(err)
	}
	if err := tab.Append(t.Context(), []placed{{1, "a"}, {2, "b"}}); !errors.Is(err, store.ErrKey) {
		t.Errorf("rows without a key: error is %v, want store.ErrKey", err)
	}
	if _, err := tab.AppendOnce(t.Context(), "a", []placed{{N: 1}, {N: 2}}); err != nil {
		t.Error(err)
	}
	type before struct{ N int64 }
	type after struct {
		N     int64
		Place string `db:",batch,default=''"`
	}
	if _, err := table.Open(t.Context(), db, table.Options[before]{Name: "grown"}); err != nil {
		t.Fatal(err)
	}
	_, err = table.Open(t.Context(), db, table.Options[after]{Name: "grown", Evolve: store.Additive})
	if !errors.As(err, &mismatch) || !strings.Contains(err.Error(), "galley's own column") {
		t.Errorf("a column that galley has added: error is %v, want a *store.MismatchError", err)
	}
	plain := openParts(t, db)
	for range 2 {
		if err := plain.Append(t.Context(), parts(0, 3)); err != nil {
			t.Fatal(err)
		}
	}
	if n := ask[int](t, url, "SELECT count(DISTINCT place) FROM "+name+".part"); n != 2 {
		t.Errorf("two batches without a key are in %d places, want 2", n)
	}
}

// refuseSeveral: what may be on several servers is not stored in one transaction.
func refuseSeveral(t *testing.T, url string, opts postgres.Options) {
	opts.Schema = "several"
	db := open(t, url, opts)
	type kept struct {
		N     int64
		Batch string `db:"batch,batch"`
	}
	type other struct{ N int64 }
	a, err := table.Open(t.Context(), db, table.Options[kept]{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := table.Open(t.Context(), db, table.Options[other]{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := table.Together(t.Context(), "k", a.Part([]kept{{N: 1}}), b.Part([]other{{1}})); !errors.Is(err, store.ErrOneTable) {
		t.Errorf("Together: %v, want %v", err, store.ErrOneTable)
	}
	if _, err := a.AppendOnce(t.Context(), "old", []kept{{N: 1}}); err != nil {
		t.Fatal(err)
	}
	_, err = db.Begin(&store.Batch{Schema: a.Schema(), Rows: noRows{}, Key: "new", Removes: []string{"old"}})
	if !errors.Is(err, store.ErrOptions) || !strings.Contains(err.Error(), "Forget") {
		t.Errorf("Removes: %v, want %v", err, store.ErrOptions)
	}
	if n, err := a.Count(t.Context()); n != 1 || err != nil {
		t.Errorf("%d rows, %v; want 1", n, err)
	}
}

type noRows struct{}

func (noRows) Len() int                      { return 0 }
func (noRows) Bind(int, schema.Writer) error { return nil }
