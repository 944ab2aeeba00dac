package storetest

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// appendSizes appends slices of the sizes at which something changes, to tables
// with an index or a rule and without. The longest take seconds in tables with one.
func (s Suite) appendSizes(t *testing.T) {
	type indexed struct {
		N    int64 `db:",index"`
		Name string
	}
	type ruled struct {
		N    int64 `db:",unique"`
		Name string
	}
	b := s.Open(t)
	for _, n := range []int{0, 1, 7, 8, 9, 29, 30, 31, 49, 50, 51, 999, 1_000, 1_001, 9_999, 10_000, 10_001} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			name := fmt.Sprintf("sizes_%d", n)
			appendAll(t, openTable(t, b, table.Options[reading]{Name: name}), readings(0, n))
			if n > 1_000 && (n != 10_000 || testing.Short()) {
				return
			}
			with, under := make([]indexed, n), make([]ruled, n)
			for i := range n {
				with[i] = indexed{int64(i), fmt.Sprint(i % 7)}
				under[i] = ruled(with[i])
			}
			appendAll(t, openTable(t, b, table.Options[indexed]{Name: name + "_indexed"}), with)
			if !s.NoKeys {
				appendAll(t, openTable(t, b, table.Options[ruled]{Name: name + "_ruled"}), under)
			}
		})
	}
}

// appendAll appends rows to a table that is empty, and finds them there.
func appendAll[T any](t *testing.T, tab *table.Table[T], rows []T) {
	t.Helper()
	res, err := tab.Insert(t.Context(), table.Batch[T]{Rows: rows})
	wantResult(t, store.Result{Applied: true, Inserted: int64(len(rows))}, res, err)
	want(t, tab.View, rows)
	if count, err := tab.Count(t.Context()); err != nil || count != int64(len(rows)) {
		t.Errorf("Count is %d, %v, want %d", count, err, len(rows))
	}
}

// appendWide appends rows of one column and of many.
func (s Suite) appendWide(t *testing.T) {
	b := s.Open(t)
	for _, width := range []int{1, 2, 400, 900} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			var columns []schema.Column
			for i := range width {
				columns = append(columns, schema.Column{Name: fmt.Sprintf("c%d", i), Type: schema.Int64})
			}
			wide := mustSchema(t, fmt.Sprintf("wide_%d", width), columns...)
			if err := b.Ensure(t.Context(), wide, store.Strict); err != nil {
				t.Fatal(err)
			}
			var sum, wantSum, got int64
			for _, n := range []int{1, 40} {
				var rows rawRows
				for i := range n {
					rows = append(rows, func(w schema.Writer) {
						for c := range width {
							w.Int64(c, int64(i*c))
						}
					})
					for c := range width {
						wantSum += int64(i * c)
					}
				}
				res, err := store.Insert(t.Context(), b, &store.Batch{Schema: wide, Rows: rows})
				wantResult(t, store.Result{Applied: true, Inserted: int64(n)}, res, err)
			}
			err := b.Query(t.Context(), store.Select{Schema: wide}, func(r schema.Reader) (bool, error) {
				got++
				for c := range width {
					sum += r.Int64(c)
				}
				return true, nil
			})
			if err != nil || got != 41 || sum != wantSum {
				t.Errorf("%d rows with a sum of %d, %v, want 41 and %d", got, sum, err, wantSum)
			}
		})
	}
}

// appendOnce appends under keys, repeatedly, also to another table with the same
// key.
func (s Suite) appendOnce(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[reading]{})
	other := openTable(t, b, table.Options[reading]{Name: "other"})
	keys := []string{"sub-01/ses-01", "sub-01/ses-02", "ü", `a'b"c\`, strings.Repeat("k", 1024), "empty"}
	var all []reading
	for round := range 3 {
		for i, key := range keys {
			rows := readings(1000*i, 100*(5-i))
			applied, err := tab.AppendOnce(t.Context(), key, rows)
			if err != nil || applied != (round == 0) {
				t.Errorf("round %d, %.20q: applied %v, %v", round, key, applied, err)
			}
			if round == 0 {
				all = append(all, rows...)
			}
			if done, err := tab.Done(t.Context(), key); err != nil || !done {
				t.Errorf("Done(%.20q) is %v, %v", key, done, err)
			}
		}
	}
	want(t, tab.View, all)
	if diff := cmp.Diff(keys, collect(t, tab.Keys(t.Context()))); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	if done, err := other.Done(t.Context(), keys[0]); done || err != nil {
		t.Errorf("another table: Done is %v, %v", done, err)
	}
	if applied, err := other.AppendOnce(t.Context(), keys[0], readings(0, 1)); !applied || err != nil {
		t.Errorf("another table: applied %v, %v", applied, err)
	}
	for _, key := range []string{"", "a\x00b", "\xff", strings.Repeat("k", 1025)} {
		if _, err := tab.AppendOnce(t.Context(), key, nil); !errors.Is(err, store.ErrKey) {
			t.Errorf("key %.20q: error is %v, want store.ErrKey", key, err)
		}
	}
}

// keyOfWriter stores a batch under the key of a Writer's batch, whose rows the
// Writer would skip.
func (s Suite) keyOfWriter(t *testing.T) {
	tab := openTable(t, s.Open(t), table.Options[reading]{})
	const key = "k/000000002"
	if applied, err := tab.AppendOnce(t.Context(), key, readings(90, 3)); applied || !errors.Is(err, store.ErrKey) {
		t.Errorf("AppendOnce: applied %v, %v, want ErrKey", applied, err)
	}
	if res, err := tab.Insert(t.Context(), table.Batch[reading]{Key: key, Rows: readings(90, 3)}); res.Applied || !errors.Is(err, store.ErrKey) {
		t.Errorf("Insert: %+v, %v, want ErrKey", res, err)
	}
	w, err := tab.Writer(table.WriterOptions{Key: "k", Rows: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range readings(0, 6) {
		if err := w.Write(t.Context(), row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	want(t, tab.View, readings(0, 6))
	for _, key := range []string{"k/00000002", "k/1700000000", "k-000000002", "k/00000000x"} {
		if applied, err := tab.AppendOnce(t.Context(), key, nil); !applied || err != nil {
			t.Errorf("%s, which no Writer has: applied %v, %v", key, applied, err)
		}
	}
}

// appendSeq appends sequences of the sizes around a batch's, one that fails and
// one with a bad row: the batches before it are stored.
func (s Suite) appendSeq(t *testing.T) {
	tab := openTable(t, s.Open(t), table.Options[reading]{BatchRows: 10})
	all := []reading{}
	errStop := errors.New("stop")
	for _, n := range []int{0, 1, 9, 10, 11, 35} {
		rows := readings(len(all), n)
		got, err := tab.AppendSeq(t.Context(), func(yield func(reading, error) bool) {
			for _, r := range rows {
				// The table may be used meanwhile: no lock is held.
				if _, err := tab.Count(t.Context()); err != nil {
					t.Error(err)
				}
				if !yield(r, nil) {
					return
				}
			}
		})
		if got != int64(n) || err != nil {
			t.Errorf("%d rows: %d, %v", n, got, err)
		}
		all = append(all, rows...)
	}
	rows := readings(len(all), 25)
	got, err := tab.AppendSeq(t.Context(), func(yield func(reading, error) bool) {
		for i, r := range rows {
			if i == 24 {
				yield(r, errStop)
				return
			}
			if !yield(r, nil) {
				return
			}
		}
	})
	if got != 24 || err != errStop {
		t.Errorf("a sequence that fails: %d rows, %v, want 24 and its own error", got, err)
	}
	all = append(all, rows[:24]...)
	rows = readings(len(all), 25)
	rows[17].Volume = math.NaN()
	got, err = tab.AppendSeq(t.Context(), func(yield func(reading, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	})
	var row *table.RowError
	if got != 10 || !errors.As(err, &row) || row.Row != 17 {
		t.Errorf("a bad row: %d rows, %v, want 10 and a *RowError of row 17", got, err)
	}
	want(t, tab.View, append(all, rows[:10]...))
}
