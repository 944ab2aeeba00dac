package transfer

import (
	"context"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/store"
)

// unsettled is a backend whose first attempt to store a batch stores nothing and has
// an unknown outcome. Then do is called, before the next attempt.
type unsettled struct {
	store.Backend
	once sync.Once
	do   func()
}

func (u *unsettled) Begin(b *store.Batch) (store.Insertion, error) {
	in, err := u.Backend.Begin(b)
	return &unsettledInsertion{in, u}, err
}

type unsettledInsertion struct {
	store.Insertion
	of *unsettled
}

func (in *unsettledInsertion) Try(ctx context.Context) (res store.Result, err error) {
	in.of.once.Do(func() {
		err = store.ErrCommitUnknown
		in.of.do()
	})
	if err != nil {
		return res, err
	}
	return in.Insertion.Try(ctx)
}

// A collector whose commit was lost, of unknown outcome, does not take a batch that
// another program stored under the key for its own, and keeps the file.
func TestCollectUnknownAndOvertaken(t *testing.T) {
	s, db := newSpool(t), newDatabase(t)
	fill(t, s, 10, "k")
	dst := &unsettled{Backend: db, do: func() { fill(t, db, 3, "k") }}
	report := collect(t, dst, s, CollectOptions{})
	if got, want := counts(report), "batches 0 rows 0 present 0 duplicates 0 aside 1 refused 0"; got != want {
		t.Errorf("report: %s, want %s", got, want)
	}
	stored(t, db, 3, "k")
	// A commit that was lost alone is made again.
	fill(t, s, 10, "l")
	report = collect(t, &unsettled{Backend: db, do: func() {}}, s, CollectOptions{})
	if got, want := counts(report), "batches 1 rows 10 present 0 duplicates 0 aside 0 refused 0"; got != want {
		t.Errorf("report: %s, want %s", got, want)
	}
}

// A merge whose commit was lost, of unknown outcome, stores its batches also if
// another merge has stored one of them meanwhile.
func TestMergeUnknownAndOvertaken(t *testing.T) {
	a, b, to := newShard(t), newShard(t), fixture.NewDB(t)
	add(a, "one", measureRows(0, 3)...)
	add(a, "two", measureRows(3, 3)...)
	// A file with the last of the batches, at the same time.
	mustMerge(t, fixture.NewDB(t), MergeOptions{}, 6, 2, a)
	copyOf := func(at string) {
		if err := copyFile(a.path, at); err != nil {
			t.Fatal(err)
		}
	}
	copyOf(b.path)
	b.foreign(`DELETE FROM measure WHERE batch = 'one'; DELETE FROM galley_batches WHERE key = 'one'; UPDATE galley_meta SET value = '00000000000000000000000000000001' WHERE name = 'id'`)
	dst := &unsettled{Backend: to, do: func() {
		if _, err := Merge(t.Context(), to, []string{b.path}, MergeOptions{}); err != nil {
			t.Error(err)
		}
	}}
	if _, err := Merge(t.Context(), dst, []string{a.path}, MergeOptions{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(upTo(6), numbers(t, to, "measure")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int64{"one": 3, "two": 3}, rowsOfKeys(t, to, "measure")); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}
