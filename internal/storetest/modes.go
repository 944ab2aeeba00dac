package storetest

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

type keyed struct {
	N     int64  `db:",key"`
	Part  string `db:",key"`
	Size  int64  `db:",check=size >= 0"`
	Note  *string
	Share float64 `db:",nan=null"`
}

// upsert stores rows that are new, changed and the same, alone, in larger
// numbers, and several times in one call, and counts each.
func (s Suite) upsert(t *testing.T) {
	tab := openTable(t, s.Open(t), table.Options[keyed]{})
	row := func(n, size int64) keyed { return keyed{n, "p", size, nil, math.NaN()} }
	for _, step := range []struct {
		rows []keyed
		want store.Result
	}{
		{nil, store.Result{Applied: true}},
		{[]keyed{row(1, 10), row(2, 20)}, store.Result{Applied: true, Inserted: 2}},
		{[]keyed{row(1, 10), row(2, 21), row(3, 30)}, store.Result{Applied: true, Inserted: 1, Changed: 1, Left: 1}},
		{[]keyed{row(4, 1), row(4, 2), row(4, 2), row(1, 11), row(1, 11), row(1, 10), row(5, 50)},
			store.Result{Applied: true, Inserted: 2, Changed: 3, Left: 2}},
	} {
		res, err := tab.Upsert(t.Context(), step.rows)
		wantResult(t, step.want, res, err)
	}
	noted := row(5, 50)
	noted.Note = ptr("x")
	share := row(3, 30)
	share.Share = 0.25
	res, err := tab.Upsert(t.Context(), []keyed{noted, share, row(2, 21)})
	wantResult(t, store.Result{Applied: true, Changed: 2, Left: 1}, res, err)
	got := collect(t, tab.Where(t.Context(), "", table.OrderBy("n")))
	rows := []keyed{row(1, 10), row(2, 21), share, row(4, 2), noted}
	if diff := cmp.Diff(rows, got, sameEverything); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	var many []keyed
	for i := range 1_000 {
		many = append(many, row(int64(i), int64(i)))
	}
	res, err = tab.Upsert(t.Context(), many)
	wantResult(t, store.Result{Applied: true, Inserted: 995, Changed: 5}, res, err)
	// One bad row fails the call, whole, also if a later one hides it.
	for name, bad := range map[string][]keyed{"bad": {row(1, 5), row(1, -1)}, "hidden": {row(1, 5), row(1, -1), row(1, 6)}} {
		_, err = tab.Upsert(t.Context(), bad)
		var at *table.RowError
		if !errors.As(err, &at) || !errors.Is(err, store.ErrConstraint) || at.Row != 1 {
			t.Errorf("%s: error is %v, want a *RowError of row 1 with store.ErrConstraint", name, err)
		}
	}
	if one, err := tab.One(t.Context(), "n = 1"); err != nil || one.Size != 1 {
		t.Errorf("size is %d, %v, want 1", one.Size, err)
	}
}

// upsertModel holds random upserts against a map.
func (s Suite) upsertModel(t *testing.T) {
	b := s.Open(t)
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		tab := openTable(t, b, table.Options[keyed]{Name: fmt.Sprintf("model_%d", round)})
		model := map[int64]keyed{}
		for range rapid.IntRange(1, 5).Draw(rt, "calls") {
			var wanted store.Result
			rows := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) keyed {
				return keyed{N: rapid.Int64Range(0, 6).Draw(rt, "n"), Size: rapid.Int64Range(0, 2).Draw(rt, "size"),
					Note: rapid.Ptr(rapid.SampledFrom([]string{"a", "b"}), true).Draw(rt, "note")}
			}), 0, 20).Draw(rt, "rows")
			wanted.Applied = true
			for _, r := range rows {
				have, there := model[r.N]
				switch {
				case !there:
					wanted.Inserted++
				case cmp.Equal(have, r):
					wanted.Left++
				default:
					wanted.Changed++
				}
				model[r.N] = r
			}
			got, err := tab.Upsert(t.Context(), rows)
			if err != nil {
				rt.Fatal(err)
			}
			if diff := cmp.Diff(wanted, got); diff != "" {
				rt.Fatalf("result (-want +got):\n%s", diff)
			}
		}
		stored := map[int64]keyed{}
		for row, err := range tab.All(t.Context()) {
			if err != nil {
				rt.Fatal(err)
			}
			stored[row.N] = row
		}
		if diff := cmp.Diff(model, stored); diff != "" {
			rt.Errorf("rows (-want +got):\n%s", diff)
		}
	})
}

// upsertRefused upserts into a table without a key.
func (s Suite) upsertRefused(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[reading]{})
	if _, err := tab.Upsert(t.Context(), readings(0, 1)); !errors.Is(err, store.ErrNoKey) {
		t.Errorf("error is %v, want store.ErrNoKey", err)
	}
	if _, err := b.Insert(t.Context(), &store.Batch{Schema: tab.Schema(), Mode: 9, Rows: rawRows{}}); !errors.Is(err, store.ErrOptions) {
		t.Errorf("an unknown mode: error is %v, want store.ErrOptions", err)
	}
}

// ignore leaves out rows that break the key or a unique group.
func (s Suite) ignore(t *testing.T) {
	tab := openTable(t, s.Open(t), table.Options[uniqueReading]{})
	first := []uniqueReading{{1, "a", 10}, {2, "b", 20}, {1, "x", 30}, {3, "c", 10}}
	res, err := tab.Ignore(t.Context(), first)
	wantResult(t, store.Result{Applied: true, Inserted: 2, Left: 2}, res, err)
	res, err = tab.Ignore(t.Context(), append(first, uniqueReading{4, "d", 40}))
	wantResult(t, store.Result{Applied: true, Inserted: 1, Left: 4}, res, err)
	want(t, tab.View, []uniqueReading{{1, "a", 10}, {2, "b", 20}, {4, "d", 40}})
}

type batched struct {
	N     int64
	Batch string `db:",batch,index"`
}

// batches forgets, stores again and replaces rows by the key of their batch.
func (s Suite) batches(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[batched]{})
	rows := func(key string, ns ...int64) (rows []batched) {
		for _, n := range ns {
			rows = append(rows, batched{n, key})
		}
		return rows
	}
	for key, ns := range map[string][]int64{"a": {1, 2, 3}, "b": {4, 5}, "empty": nil} {
		if applied, err := tab.AppendOnce(t.Context(), key, rows("is overwritten", ns...)); !applied || err != nil {
			t.Fatalf("%s: %v, %v", key, applied, err)
		}
	}
	want(t, tab.View, slices.Concat(rows("a", 1, 2, 3), rows("b", 4, 5)))
	for key, n := range map[string]int64{"a": 3, "empty": 0, "none": 0} {
		if got, err := tab.Forget(t.Context(), key); got != n || err != nil {
			t.Errorf("Forget(%s) is %d, %v, want %d", key, got, err, n)
		}
		if done, err := tab.Done(t.Context(), key); done || err != nil {
			t.Errorf("Done(%s) is %v, %v after Forget", key, done, err)
		}
	}
	want(t, tab.View, rows("b", 4, 5))
	res, err := tab.Replace(t.Context(), "a", rows("", 7))
	wantResult(t, store.Result{Applied: true, Inserted: 1}, res, err)
	res, err = tab.Replace(t.Context(), "b", rows("", 8, 9, 10))
	wantResult(t, store.Result{Applied: true, Inserted: 3, Removed: 2}, res, err)
	want(t, tab.View, slices.Concat(rows("a", 7), rows("b", 8, 9, 10)))
	if !s.KeysOnly {
		if err := tab.Append(t.Context(), rows("own", 11)); err != nil {
			t.Error(err)
		}
		want(t, tab.View, slices.Concat(rows("a", 7), rows("b", 8, 9, 10), rows("own", 11)))
	}
	if applied, err := tab.AppendOnce(t.Context(), "b", rows("", 1)); applied || err != nil {
		t.Errorf("a key that was replaced is applied again: %v, %v", applied, err)
	}
	without := openTable(t, b, table.Options[reading]{})
	if _, err := without.Forget(t.Context(), "a"); !errors.Is(err, store.ErrNoBatchColumn) {
		t.Errorf("Forget: error is %v, want store.ErrNoBatchColumn", err)
	}
	if _, err := without.Replace(t.Context(), "a", nil); !errors.Is(err, store.ErrNoBatchColumn) {
		t.Errorf("Replace: error is %v, want store.ErrNoBatchColumn", err)
	}
	for _, key := range []string{"", strings.Repeat("k", 1025)} {
		if _, err := tab.Forget(t.Context(), key); !errors.Is(err, store.ErrKey) {
			t.Errorf("Forget(%.10q): error is %v, want store.ErrKey", key, err)
		}
	}
}

// replaceAtOnce replaces one key from several goroutines: one of them is last,
// and its rows are there alone.
func (s Suite) replaceAtOnce(t *testing.T) {
	tab := openTable(t, s.Open(t), table.Options[batched]{})
	atOnce(t, 6, func(w int) error {
		for range 5 {
			rows := make([]batched, w+1)
			for i := range rows {
				rows[i].N = int64(w)
			}
			if _, err := tab.Replace(t.Context(), "k", rows); err != nil {
				return err
			}
		}
		return nil
	})
	got := collect(t, tab.All(t.Context()))
	if len(got) == 0 || int(got[0].N) != len(got)-1 || slices.ContainsFunc(got, func(r batched) bool { return r != got[0] }) {
		t.Errorf("rows of several batches are there: %v", got)
	}
	if keys := collect(t, tab.Keys(t.Context())); len(keys) != 1 {
		t.Errorf("keys are %v, want one", keys)
	}
}

type rejected struct {
	Error string
	Key   *string
}

// quarantine puts rows that break a rule, or hold what cannot be stored,
// aside, and stores the others.
func (s Suite) quarantine(t *testing.T) {
	type checked struct {
		N      int64
		Volume float64 `db:",check=volume >= 0"`
		Text   string
	}
	b := s.Open(t)
	tab := openTable(t, b, table.Options[checked]{Name: "checked", Quarantine: true})
	var rows, good []checked
	bad := 0
	for i := range 100 {
		r := checked{N: int64(i), Volume: float64(i), Text: "ok"}
		switch {
		case i%10 == 3:
			r.Volume = -1
		case i == 50:
			r.Volume = math.NaN()
		case i == 60:
			r.Text = "a\x00b"
		case i == 70:
			r.Text = "\xff"
		default:
			good = append(good, r)
			bad--
		}
		bad++
		rows = append(rows, r)
	}
	if applied, err := tab.AppendOnce(t.Context(), "k", rows); !applied || err != nil {
		t.Fatalf("applied %v, %v", applied, err)
	}
	want(t, tab.View, good)
	if applied, err := tab.AppendOnce(t.Context(), "k", rows); applied || err != nil {
		t.Errorf("again: applied %v, %v", applied, err)
	}
	type mark struct{ Rows int64 }
	for m, err := range store.Query[mark](t.Context(), b, "SELECT rows FROM galley_batches") {
		if err != nil || m.Rows != int64(len(good)) {
			t.Errorf("the mark counts %d rows, %v, want %d", m.Rows, err, len(good))
		}
	}
	if err := tab.Append(t.Context(), []checked{{200, -5, ""}, {201, 5, ""}}); err != nil {
		t.Fatal(err)
	}
	want(t, tab.View, append(good, checked{201, 5, ""}))
	d := b.Dialect()
	byKey := map[string]int{}
	for r, err := range store.Query[rejected](t.Context(), b, "SELECT error, key FROM "+d.Quote("checked"+store.RejectsSuffix)) {
		if err != nil {
			t.Fatal(err)
		}
		if r.Error == "" {
			t.Error("a rejected row has no error")
		}
		key := ""
		if r.Key != nil {
			key = *r.Key
		}
		byKey[key]++
	}
	if diff := cmp.Diff(map[string]int{"k": bad, "": 1}, byKey); diff != "" {
		t.Errorf("rejected rows by key (-want +got):\n%s", diff)
	}
	res, err := b.Insert(t.Context(), &store.Batch{Schema: tab.Schema(), Quarantine: true, Rows: rawRows{
		func(w schema.Writer) { w.Int64(0, 300); w.Float64(1, -1); w.Text(2, "") },
		func(w schema.Writer) { w.Int64(0, 301); w.Float64(1, 1); w.Text(2, "") },
		func(w schema.Writer) { w.Int64(0, 302); w.Float64(1, math.NaN()); w.Text(2, "") },
	}})
	wantResult(t, store.Result{Applied: true, Inserted: 1, Rejected: 2}, res, err)
}

// quarantineUpsert upserts with a quarantine: rows are counted one by one.
func (s Suite) quarantineUpsert(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[keyed]{Quarantine: true})
	row := func(n, size int64) keyed { return keyed{N: n, Size: size} }
	res, err := tab.Upsert(t.Context(), []keyed{row(1, 1), row(2, -1), row(1, 2), row(1, 2), row(3, 3)})
	wantResult(t, store.Result{Applied: true, Inserted: 2, Changed: 1, Left: 1, Rejected: 1}, res, err)
	want(t, tab.View, []keyed{row(1, 2), row(3, 3)})
	unique := openTable(t, b, table.Options[uniqueReading]{Quarantine: true})
	if err := unique.Append(t.Context(), []uniqueReading{{1, "a", 1}, {1, "b", 2}, {2, "c", 1}, {3, "d", 3}}); err != nil {
		t.Fatal(err)
	}
	want(t, unique.View, []uniqueReading{{1, "a", 1}, {3, "d", 3}})
}
