package table_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// note is a row of the third table of a session.
type note struct {
	Session int64
	Text    string
}

// sessionTables are the tables whose rows are stored together.
type sessionTables struct {
	scans, more *table.Table[scan]
	notes       *table.Table[note]
}

func openSession(ctx context.Context, b store.Backend) (s sessionTables, err error) {
	if s.scans, err = table.Open(ctx, b, table.Options[scan]{}); err != nil {
		return s, err
	}
	if s.more, err = table.Open(ctx, b, table.Options[scan]{Name: "more"}); err != nil {
		return s, err
	}
	s.notes, err = table.Open(ctx, b, table.Options[note]{})
	return s, err
}

// together stores sessions of three tables without end, and prints each key as
// soon as it is acknowledged.
func (j labJob) together() error {
	ctx := context.Background()
	db, _, err := j.table(ctx)
	if err != nil {
		return err
	}
	s, err := openSession(ctx, db)
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		id := i
		if i%2 == 1 {
			id = 100_000*(j.Worker+1) + i
		}
		_, err := table.Together(ctx, strconv.Itoa(id), s.scans.Part(keyed(id, keySize(id))), s.notes.Part([]note{{int64(id), "x"}}), s.more.Part(keyed(id, keySize(id+2))))
		if err != nil {
			return err
		}
		fmt.Println(id)
	}
}

// TestKillTogether kills processes that store sessions of three tables: each
// session has the rows of all tables and its key in each, or nothing anywhere, and
// none that was acknowledged is lost.
func TestKillTogether(t *testing.T) {
	testtime.Seconds(t)
	path := tempPath(t)
	db := openDB(t, path)
	s, err := openSession(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	acknowledged := map[string]bool{}
	var mu sync.Mutex
	rng := rand.New(rand.NewPCG(5, 6))
	for range rounds(4, 50) {
		var wg sync.WaitGroup
		for w := range 3 {
			lines, pause := rng.IntN(60), time.Duration(rng.IntN(3000))*time.Microsecond
			c, out := labJob{Do: "together", Path: path, Worker: w}.start(t)
			wg.Go(func() {
				for n := 0; out.Scan(); n++ {
					mu.Lock()
					acknowledged[out.Text()] = true
					mu.Unlock()
					if n == lines {
						time.AfterFunc(pause, func() { c.Process.Kill() })
					}
				}
				if c.Wait(); c.ProcessState.ExitCode() == 1 {
					t.Error("a child failed by itself")
				}
			})
		}
		wg.Wait()
	}
	rows := map[string][3]int{} // of each key in the tables
	count := func(i int, key int64) {
		n := rows[strconv.FormatInt(key, 10)]
		n[i]++
		rows[strconv.FormatInt(key, 10)] = n
	}
	for _, row := range collect(t, s.scans.All(t.Context())) {
		count(0, row.Voxels/1000)
	}
	for _, row := range collect(t, s.notes.All(t.Context())) {
		count(1, row.Session)
	}
	for _, row := range collect(t, s.more.All(t.Context())) {
		count(2, row.Voxels/1000)
	}
	for key, n := range rows {
		id, _ := strconv.Atoi(key)
		if want := [3]int{keySize(id), 1, keySize(id + 2)}; n != want {
			t.Errorf("session %s has %v rows, want %v", key, n, want)
		}
	}
	for name, keys := range map[string][]string{"scan": collect(t, s.scans.Keys(t.Context())), "note": collect(t, s.notes.Keys(t.Context())), "more": collect(t, s.more.Keys(t.Context()))} {
		if len(keys) != len(rows) {
			t.Errorf("%s has %d keys, and %d sessions have rows", name, len(keys), len(rows))
		}
		for _, key := range keys {
			if _, ok := rows[key]; !ok {
				t.Errorf("%s has the key %s, and no table has rows of it", name, key)
			}
		}
	}
	for key := range acknowledged {
		if _, ok := rows[key]; !ok {
			t.Errorf("session %s was acknowledged and is not there", key)
		}
	}
	if len(rows) < 20 {
		t.Errorf("only %d sessions were stored", len(rows))
	}
}
