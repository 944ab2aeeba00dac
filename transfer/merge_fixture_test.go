package transfer

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// measure is a row of a table with a batch column, bare of one without, and keyed
// of one with a key.
type measure struct {
	Batch string `db:"batch,batch"`
	N     int64
	Text  string
	Value *float64
}

type bare struct {
	N     int64
	Text  string `db:"text,index"`
	Value float64
}

type keyed struct {
	Subject string `db:"subject,key"`
	Batch   string `db:"batch,batch"`
	N       int64
}

// shard is a file to be merged.
type shard struct {
	t    *testing.T
	path string
}

func newShard(t *testing.T) shard {
	return shard{t, filepath.Join(t.TempDir(), "shard.db")}
}

// do opens the file, and closes it again.
func (s shard) do(work func(db *sqlite.DB)) {
	s.t.Helper()
	db, err := sqlite.Open(context.Background(), s.path, sqlite.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	work(db)
	if err := db.Close(); err != nil {
		s.t.Fatal(err)
	}
}

// add stores a batch, without a key if it is "".
func add[T any](s shard, key string, rows ...T) {
	s.t.Helper()
	s.do(func(db *sqlite.DB) { addTo(s.t, db, key, rows...) })
}

func addTo[T any](t *testing.T, db store.Backend, key string, rows ...T) {
	t.Helper()
	tab, err := table.Open[T](context.Background(), db, table.Options[T]{Evolve: store.Additive})
	if err != nil {
		t.Fatal(err)
	}
	if key == "" {
		err = tab.Append(context.Background(), rows)
	} else {
		_, err = tab.AppendOnce(context.Background(), key, rows)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func bareRows(from, n int) (rows []bare) {
	for i := range n {
		rows = append(rows, bare{int64(from + i), fmt.Sprint("row ", from+i), float64(from+i) / 8})
	}
	return rows
}

func measureRows(from, n int) (rows []measure) {
	for i := range n {
		value := float64(from + i)
		rows = append(rows, measure{N: int64(from + i), Text: fmt.Sprint("row ", from+i), Value: &value})
	}
	return rows
}

// numbers are the values of column n of a table, in order.
func numbers(t *testing.T, db store.Backend, name string) (all []int64) {
	t.Helper()
	type row struct{ N int64 }
	for r, err := range store.Query[row](t.Context(), db, "SELECT n FROM "+store.TableSQL(db, name)+" ORDER BY n") {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r.N)
	}
	return all
}

// upTo are the numbers from 0 to n-1.
func upTo(n int) (all []int64) {
	for i := range n {
		all = append(all, int64(i))
	}
	return all
}

// ledger is what a database has of batches with a key.
func ledger(t *testing.T, db store.Backend, name string) (all []store.StoredBatch) {
	t.Helper()
	for b, err := range db.Batches(t.Context(), store.BatchFilter{Table: name}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b)
	}
	slices.SortFunc(all, func(a, b store.StoredBatch) int {
		if a.Key < b.Key {
			return -1
		}
		return 1
	})
	return all
}

// mustMerge merges, and checks the counts.
func mustMerge(t *testing.T, dst store.Backend, opts MergeOptions, rows, batches int64, sources ...shard) *MergeReport {
	t.Helper()
	r, err := Merge(t.Context(), dst, paths(sources), opts)
	if err != nil {
		t.Fatal(err)
	}
	if r.Rows != rows || r.Batches != batches {
		t.Errorf("%d new rows and %d batches, want %d and %d: %+v", r.Rows, r.Batches, rows, batches, r)
	}
	return r
}

func paths(sources []shard) (all []string) {
	for _, s := range sources {
		all = append(all, s.path)
	}
	return all
}
