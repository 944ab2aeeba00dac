package transfer

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
)

// loose is a row of a table without a batch column, all of whose rows have keys.
type loose struct {
	N    int64
	Text string
}

// mergeModel is what the sources hold: each number once.
type mergeModel struct {
	measure, bare, loose map[int64]bool
	next                 int64
	keys                 int // of bare
}

// TestMergeModel merges sources that grow, in any order and number, and fails in
// the middle: in the end the destination has each row once.
func TestMergeModel(t *testing.T) {
	testtime.Minutes(t)
	for name, wrap := range map[string]func(store.Backend) store.Backend{
		"attached": func(b store.Backend) store.Backend { return b },
		"rows":     func(b store.Backend) store.Backend { return struct{ store.Backend }{b} },
	} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				m := mergeModel{map[int64]bool{}, map[int64]bool{}, map[int64]bool{}, 1000, 0}
				dir, err := os.MkdirTemp(t.TempDir(), "")
				if err != nil {
					t.Fatal(err)
				}
				file, err := sqlite.Open(t.Context(), filepath.Join(dir, "dst.db"), sqlite.Options{})
				if err != nil {
					t.Fatal(err)
				}
				defer file.Close()
				dst := wrap(file)
				var sources []shard
				for i := range rapid.IntRange(1, 3).Draw(rt, "sources") {
					sources = append(sources, shard{t, filepath.Join(dir, fmt.Sprintf("task-%d.db", i))})
					sources[i].do(func(*sqlite.DB) {})
				}
				opts := MergeOptions{BatchRows: 3}
				// A merge that stops in the middle goes row by row, and leaves rows that
				// are of no key yet. A key of two sources is refused then.
				stops := rapid.Bool().Draw(rt, "stops")
				for range rapid.IntRange(1, 5).Draw(rt, "rounds") {
					for i, s := range sources {
						s.do(func(db *sqlite.DB) { m.grow(rt, t, db, i, name == "attached" && !stops) })
					}
					some := slices.DeleteFunc(slices.Clone(sources), func(shard) bool { return rapid.Bool().Draw(rt, "skip") })
					if stops {
						stopped := &fixture.Stopping{Backend: dst, After: rapid.IntRange(0, 4).Draw(rt, "stop")}
						_, _ = Merge(t.Context(), stopped, paths(some), opts)
					}
					if _, err := Merge(t.Context(), dst, paths(some), opts); err != nil {
						rt.Fatal(err)
					}
				}
				for range 2 {
					if _, err := Merge(t.Context(), dst, paths(sources), opts); err != nil {
						rt.Fatal(err)
					}
				}
				m.check(rt, t, dst)
			})
		})
	}
}

// grow stores some batches in a source. Those of a key have the same rows in each
// source.
func (m *mergeModel) grow(rt *rapid.T, t *testing.T, db store.Backend, source int, overlap bool) {
	for range rapid.IntRange(0, 4).Draw(rt, "batches") {
		k, n := rapid.IntRange(0, 9).Draw(rt, "key"), rapid.IntRange(0, 5).Draw(rt, "rows")
		switch rapid.IntRange(0, 4).Draw(rt, "kind") {
		case 0:
			addTo(t, db, fmt.Sprint("k", k), measureRows(10*k, k)...)
			for i := range k {
				m.measure[int64(10*k+i)] = true
			}
		case 1:
			addTo(t, db, "", measureRows(int(m.next), n)...)
			m.take(m.measure, n)
		case 2:
			addTo(t, db, "", bareRows(int(m.next), n)...)
			m.take(m.bare, n)
		case 3:
			m.keys++
			addTo(t, db, fmt.Sprint(source, "-", m.keys), bareRows(int(m.next), n)...)
			m.take(m.bare, n)
		case 4:
			if !overlap {
				k += 10 * (source + 1)
			}
			var rows []loose
			for i := range k % 10 {
				rows = append(rows, loose{int64(10*k + i), "x"})
				m.loose[int64(10*k+i)] = true
			}
			addTo(t, db, fmt.Sprint("k", k), rows...)
		}
	}
}

func (m *mergeModel) take(of map[int64]bool, n int) {
	for range n {
		of[m.next] = true
		m.next++
	}
}

func (m *mergeModel) check(rt *rapid.T, t *testing.T, dst store.Backend) {
	t.Helper()
	for name, rows := range map[string]map[int64]bool{"measure": m.measure, "bare": m.bare, "loose": m.loose} {
		var want []int64
		for n := range rows {
			want = append(want, n)
		}
		slices.Sort(want)
		var got []int64
		if s, err := dst.Describe(t.Context(), name); err != nil {
			t.Fatal(err)
		} else if s != nil {
			got = numbers(t, dst, name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// mergeShards are files with batches of all kinds, and the numbers in them.
func mergeShards(t *testing.T, n, batches int) (dir string, measures, bares int) {
	dir = t.TempDir()
	for i := range n {
		s := shard{t, filepath.Join(dir, fmt.Sprintf("task-%d.db", i))}
		s.do(func(db *sqlite.DB) {
			for k := range batches {
				addTo(t, db, fmt.Sprint(i, "-", k), measureRows(measures, 40)...)
				addTo(t, db, fmt.Sprint(i, "-", k), bareRows(bares, 40)...)
				addTo(t, db, "", bareRows(bares+40, 10)...)
				measures, bares = measures+40, bares+50
			}
		})
	}
	return dir, measures, bares
}

// mergeFiles is another process, which merges again and again.
func mergeFiles(t *testing.T, path, pattern string) {
	dst, err := sqlite.Open(context.Background(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer dst.Close()
	var b store.Backend = dst
	if rand.IntN(2) == 0 {
		b = struct{ store.Backend }{dst}
	}
	for {
		_, err := Merge(context.Background(), b, []string{pattern}, MergeOptions{BatchRows: 30, Progress: func(r MergeReport) { fmt.Println("line merged", r.Rows) }})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("line again")
	}
}

// Two processes that merge the same files are killed at any moment: each row is
// in the destination once.
func TestKilledMerges(t *testing.T) {
	kills := 8
	if testing.Short() {
		kills = 3
	}
	dir, measures, bares := mergeShards(t, 4, 3)
	path, pattern := filepath.Join(t.TempDir(), "study.db"), filepath.Join(dir, "*.db")
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 3))
	lines := make(chan struct{})
	for range kills {
		a, b := startProcess(t, lines, "GALLEY_TEST_MERGE="+pattern, "GALLEY_TEST_DB="+path), startProcess(t, lines, "GALLEY_TEST_MERGE="+pattern, "GALLEY_TEST_DB="+path)
		for range 1 + r.IntN(6) {
			<-lines
		}
		stopped := make(chan struct{})
		go func() {
			for {
				select {
				case <-lines:
				case <-stopped:
					return
				}
			}
		}()
		a.kill()
		b.kill()
		close(stopped)
	}
	dst, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer dst.Close()
	if _, err := Merge(t.Context(), dst, []string{pattern}, MergeOptions{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(upTo(measures), numbers(t, dst, "measure")); diff != "" {
		t.Errorf("measure (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(upTo(bares), numbers(t, dst, "bare")); diff != "" {
		t.Errorf("bare (-want +got):\n%s", diff)
	}
	wantIndexes(t, dst, "bare", 1)
}

// Merges of the same files at once store each batch once, as whole cells and as
// rows.
func TestMergesAtOnce(t *testing.T) {
	dir, measures, bares := mergeShards(t, 3, 3)
	dst := fixture.NewDB(t)
	var working sync.WaitGroup
	for i := range 4 {
		var b store.Backend = dst
		if i%2 == 1 {
			b = struct{ store.Backend }{dst}
		}
		working.Go(func() {
			if _, err := Merge(t.Context(), b, []string{filepath.Join(dir, "*.db")}, MergeOptions{BatchRows: 30, Jobs: 2}); err != nil {
				t.Error(err)
			}
		})
	}
	working.Wait()
	if diff := cmp.Diff(upTo(measures), numbers(t, dst, "measure")); diff != "" {
		t.Errorf("measure (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(upTo(bares), numbers(t, dst, "bare")); diff != "" {
		t.Errorf("bare (-want +got):\n%s", diff)
	}
	wantIndexes(t, dst, "bare", 1)
}
