package table_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// session is a row that says which batch it came with.
type session struct {
	Region string
	Volume float64
	Task   string `db:"task,batch"`
}

func makeSessions(first, n int) []session {
	rows := make([]session, n)
	for i := range rows {
		rows[i] = session{Region: "r", Volume: float64(first + i)}
	}
	return rows
}

// TestReplaceModel runs random programs of AppendOnce, Replace and Forget
// against a map of batches.
func TestReplaceModel(t *testing.T) {
	ctx := context.Background()
	rapid.Check(t, func(rt *rapid.T) {
		db := openCase(rt)
		tab, err := table.Open(ctx, db, table.Options[session]{})
		if err != nil {
			rt.Fatal(err)
		}
		batches := map[string][]session{} // "" are those without a key
		keys := rapid.SampledFrom([]string{"a", "b", "sub-01/ses-01", "ü'\""})
		rows := rapid.Custom(func(t *rapid.T) []session {
			n := rapid.SampledFrom([]int{0, 1, 2, 29, 30, 120}).Draw(t, "n")
			return makeSessions(rapid.IntRange(0, 1000).Draw(t, "first"), n)
		})
		with := func(key string, rows []session) []session {
			rows = slices.Clone(rows)
			for i := range rows {
				rows[i].Task = key
			}
			return rows
		}
		rt.Repeat(map[string]func(*rapid.T){
			"Append": func(t *rapid.T) {
				batch := rows.Draw(t, "rows")
				if err := tab.Append(ctx, batch); err != nil {
					t.Fatal(err)
				}
				batches[""] = append(batches[""], batch...)
			},
			"AppendOnce": func(t *rapid.T) {
				key, batch := keys.Draw(t, "key"), rows.Draw(t, "rows")
				_, known := batches[key]
				applied, err := tab.AppendOnce(ctx, key, batch)
				if err != nil || applied == known {
					t.Fatalf("applied %v, %v; known: %v", applied, err, known)
				}
				if applied {
					batches[key] = with(key, batch)
				}
			},
			"Replace": func(t *rapid.T) {
				key, batch := keys.Draw(t, "key"), rows.Draw(t, "rows")
				want := table.Result{Applied: true, Inserted: int64(len(batch)), Removed: int64(len(batches[key]))}
				if got, err := tab.Replace(ctx, key, batch); err != nil || got != want {
					t.Fatalf("Result %+v, %v, want %+v", got, err, want)
				}
				batches[key] = with(key, batch)
			},
			"Forget": func(t *rapid.T) {
				key := keys.Draw(t, "key")
				if n, err := tab.Forget(ctx, key); err != nil || n != int64(len(batches[key])) {
					t.Fatalf("%d rows, %v, want %d", n, err, len(batches[key]))
				}
				delete(batches, key)
			},
			"": func(t *rapid.T) {
				got := map[string][]session{}
				for row, err := range tab.All(ctx) {
					if err != nil {
						t.Fatal(err)
					}
					got[row.Task] = append(got[row.Task], row)
				}
				want := maps.Clone(batches)
				var stored []string
				for key, rows := range batches {
					if len(rows) == 0 {
						delete(want, key)
					}
					if key != "" {
						stored = append(stored, key)
					}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Fatalf("rows (-want +got):\n%s", diff)
				}
				var marks []string
				for key, err := range tab.Keys(ctx) {
					if err != nil {
						t.Fatal(err)
					}
					marks = append(marks, key)
				}
				slices.Sort(stored)
				slices.Sort(marks)
				if diff := cmp.Diff(stored, marks); diff != "" {
					t.Fatalf("keys (-want +got):\n%s", diff)
				}
			},
		})
	})
}

// TestForgetErrors: what cannot be forgotten is refused, and stays.
func TestForgetErrors(t *testing.T) {
	db := openDB(t, tempPath(t))
	plain := openTable(t, db, table.Options[scan]{})
	if _, err := plain.AppendOnce(t.Context(), "k", makeScans(0, 3)); err != nil {
		t.Fatal(err)
	}
	if _, err := plain.Forget(t.Context(), "k"); !errors.Is(err, table.ErrNoBatchColumn) {
		t.Errorf("without a batch column: %v", err)
	}
	if _, err := plain.Forget(t.Context(), ""); !errors.Is(err, store.ErrKey) {
		t.Errorf("without a key: %v", err)
	}
	if _, err := plain.Replace(t.Context(), "k\x00", makeScans(0, 3)); !errors.Is(err, table.ErrNoBatchColumn) && !errors.Is(err, store.ErrKey) {
		t.Errorf("with a NUL in the key: %v", err)
	}
	if done, err := plain.Done(t.Context(), "k"); !done || err != nil {
		t.Errorf("the key is gone: %v", err)
	}
}

// TestReplaceBeforeBatchColumn: a batch from before the table had its batch
// column has rows that nobody can find. To replace it would double them.
func TestReplaceBeforeBatchColumn(t *testing.T) {
	type before struct {
		Region string
		Volume float64
	}
	type after struct {
		Region string
		Volume float64
		Task   string `db:"task,batch,default=''"`
	}
	db := openDB(t, tempPath(t))
	old := openTable(t, db, table.Options[before]{Name: "sessions"})
	if _, err := old.AppendOnce(t.Context(), "k", []before{{"a", 1}, {"b", 2}}); err != nil {
		t.Fatal(err)
	}
	if _, err := old.AppendOnce(t.Context(), "none", nil); err != nil {
		t.Fatal(err)
	}
	tab := openTable(t, db, table.Options[after]{Name: "sessions", Evolve: store.Additive})
	for range 2 {
		if _, err := tab.Replace(t.Context(), "k", []after{{"a", 1, ""}}); !errors.Is(err, table.ErrNoBatchColumn) {
			t.Errorf("error %v, want ErrNoBatchColumn", err)
		}
	}
	if n, err := tab.Count(t.Context()); n != 2 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
	if res, err := tab.Replace(t.Context(), "none", []after{{"c", 3, ""}}); err != nil || res.Inserted != 1 {
		t.Errorf("a batch without rows: %+v, %v", res, err)
	}
}
