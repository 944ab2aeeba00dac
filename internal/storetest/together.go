package storetest

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// visit, region and remark are the tables of a session.
type visit struct {
	N       int64 `db:",unique"`
	Session string
}

type region struct {
	N      int64
	Batch  string  `db:",batch"`
	Volume float64 `db:",check=volume >= 0"`
}

type remark struct {
	Text string
}

// session is three tables that are written together.
type session struct {
	visits  *table.Table[visit]
	regions *table.Table[region]
	remarks *table.Table[remark]
}

func (s Suite) session(t *testing.T, b store.Backend) session {
	return session{openTable(t, b, table.Options[visit]{}), openTable(t, b, table.Options[region]{}), openTable(t, b, table.Options[remark]{})}
}

// rows are the parts of session n, with a number of regions. Without any, the
// table of regions has only the key.
func (s session) rows(n int64, regions int) []table.Part {
	rows := make([]region, regions)
	for i := range rows {
		rows[i] = region{N: n, Volume: float64(i)}
	}
	return []table.Part{s.visits.Part([]visit{{n, fmt.Sprint(n)}}), s.regions.Part(rows), s.remarks.Part([]remark{{fmt.Sprint(n)}, {"of two"}})}
}

// want compares the numbers of rows, and which tables have the key.
func (s session) want(t *testing.T, what string, visits, regions, remarks int64, key string, done bool) {
	t.Helper()
	for name, c := range map[string]struct {
		count func() (int64, error)
		done  func() (bool, error)
		want  int64
	}{
		"visit":  {func() (int64, error) { return s.visits.Count(t.Context()) }, func() (bool, error) { return s.visits.Done(t.Context(), key) }, visits},
		"region": {func() (int64, error) { return s.regions.Count(t.Context()) }, func() (bool, error) { return s.regions.Done(t.Context(), key) }, regions},
		"remark": {func() (int64, error) { return s.remarks.Count(t.Context()) }, func() (bool, error) { return s.remarks.Done(t.Context(), key) }, remarks},
	} {
		if n, err := c.count(); err != nil || n != c.want {
			t.Errorf("%s: %d rows in %s, %v, want %d", what, n, name, err, c.want)
		}
		if got, err := c.done(); err != nil || got != done {
			t.Errorf("%s: %s has the key %q: %v, %v, want %v", what, name, key, got, err, done)
		}
	}
}

// together stores rows of three tables and their key at once, once, and nothing
// if a row of one of them cannot be stored.
func (s Suite) together(t *testing.T) {
	tables := s.session(t, s.Open(t))
	ctx := t.Context()
	store1 := func(key string, parts ...table.Part) (bool, error) { return table.Together(ctx, key, parts...) }
	for _, c := range []struct {
		key     string
		n       int64
		regions int
	}{{"few", 1, 3}, {"many", 2, 200}, {"none", 3, 0}} {
		if applied, err := store1(c.key, tables.rows(c.n, c.regions)...); err != nil || !applied {
			t.Fatalf("%s: applied %v, %v", c.key, applied, err)
		}
		if applied, err := store1(c.key, tables.rows(c.n, c.regions)...); err != nil || applied {
			t.Fatalf("%s again: applied %v, %v, want false", c.key, applied, err)
		}
	}
	tables.want(t, "three sessions", 3, 203, 6, "many", true)
	if got, err := tables.regions.One(ctx, "n = 1 AND volume = 2"); err != nil || got.Batch != "few" {
		t.Errorf("the batch column has %q, %v, want the key", got.Batch, err)
	}
	// A row of any table that cannot be stored fails all.
	for name, c := range map[string]struct {
		parts []table.Part
		table string
		row   int
		err   error
	}{
		"value of the last table":  {append(tables.rows(9, 2)[:2:2], tables.remarks.Part([]remark{{"a"}, {"\xff"}})), "remark", 1, nil},
		"check, few rows":          {append(tables.rows(9, 0)[:1:1], tables.regions.Part([]region{{}, {}, {Volume: -1}})), "region", 2, store.ErrConstraint},
		"check, many rows":         {append(tables.rows(9, 0)[:1:1], tables.regions.Part(append(make([]region, 100), region{Volume: -1}))), "region", 100, store.ErrConstraint},
		"unique, behind others":    {[]table.Part{tables.regions.Part(make([]region, 50)), tables.visits.Part([]visit{{9, ""}, {1, ""}})}, "visit", 1, store.ErrConstraint},
		"NaN of the second table":  {append(tables.rows(9, 0)[:1:1], tables.regions.Part([]region{{Volume: math.NaN()}})), "region", 0, nil},
		"value of the first table": {[]table.Part{tables.remarks.Part([]remark{{"\x00"}}), tables.rows(9, 1)[0]}, "remark", 0, nil},
	} {
		applied, err := store1("bad", c.parts...)
		var row *table.RowError
		if applied || !errors.As(err, &row) || row.Table != c.table || row.Row != c.row || c.err != nil && !errors.Is(err, c.err) {
			t.Errorf("%s: applied %v, %v, want a *RowError of row %d of %s", name, applied, err, c.row, c.table)
		}
		tables.want(t, name, 3, 203, 6, "bad", false)
	}
	if applied, err := store1("bad", tables.rows(4, 1)...); err != nil || !applied {
		t.Errorf("good rows under the key of bad ones: applied %v, %v", applied, err)
	}
	if n, err := tables.regions.Forget(ctx, "many"); err != nil || n != 200 {
		t.Errorf("forgot %d rows, %v, want 200", n, err)
	}
}

// togetherPartly has the key in one of the tables already: nothing is stored, and
// the error names the tables.
func (s Suite) togetherPartly(t *testing.T) {
	tables := s.session(t, s.Open(t))
	if _, err := tables.regions.AppendOnce(t.Context(), "k", []region{{N: 1}}); err != nil {
		t.Fatal(err)
	}
	for _, regions := range []int{1, 100} {
		applied, err := table.Together(t.Context(), "k", tables.rows(1, regions)...)
		var partly *store.PartlyStoredError
		if applied || !errors.As(err, &partly) || !errors.Is(err, store.ErrKeyStored) {
			t.Fatalf("applied %v, %v, want a *PartlyStoredError", applied, err)
		}
		slices.Sort(partly.Missing)
		if partly.Key != "k" || !slices.Equal(partly.Stored, []string{"region"}) || !slices.Equal(partly.Missing, []string{"remark", "visit"}) {
			t.Errorf("the error is %+v", partly)
		}
	}
	if n, err := tables.visits.Count(t.Context()); err != nil || n != 0 {
		t.Errorf("%d visits, %v, want none", n, err)
	}
	if _, err := tables.regions.Forget(t.Context(), "k"); err != nil {
		t.Fatal(err)
	}
	if applied, err := table.Together(t.Context(), "k", tables.rows(1, 2)...); err != nil || !applied {
		t.Fatalf("applied %v, %v", applied, err)
	}
	tables.want(t, "after Forget", 1, 2, 2, "k", true)
}

// togetherAtOnce has goroutines that store the same sessions in other orders of
// the tables, beside others that append to one of them: each session is stored
// once, whole.
func (s Suite) togetherAtOnce(t *testing.T) {
	tables := s.session(t, s.Open(t))
	const workers, sessions = 6, 20
	var wg sync.WaitGroup
	applied := make([]int64, workers)
	for w := range workers {
		wg.Go(func() {
			for n := range int64(sessions) {
				parts := tables.rows(n, []int{0, 2, 40}[n%3])
				if w%2 == 1 {
					slices.Reverse(parts)
				}
				ok, err := table.Together(t.Context(), fmt.Sprint(n), parts...)
				if err == nil && w == 0 {
					err = tables.remarks.Append(t.Context(), []remark{{"alone"}})
				}
				if err != nil {
					t.Errorf("session %d: %v", n, err)
					return
				}
				if ok {
					applied[w]++
				}
			}
		})
	}
	wg.Wait()
	sum := int64(0)
	for _, n := range applied {
		sum += n
	}
	if sum != sessions {
		t.Errorf("%d calls were applied, want %d", sum, sessions)
	}
	tables.want(t, "at the end", sessions, 7*0+7*2+6*40, 3*sessions, "19", true)
}

// togetherRefused are calls that cannot be meant.
func (s Suite) togetherRefused(t *testing.T) {
	b := s.Open(t)
	tables := s.session(t, b)
	aside := openTable(t, b, table.Options[remark]{Name: "aside", Quarantine: true})
	other := openTable(t, s.Open(t), table.Options[remark]{Name: "other"})
	good := tables.visits.Part([]visit{{1, ""}})
	for name, c := range map[string]struct {
		key   string
		parts []table.Part
		want  error
	}{
		"no key":         {"", []table.Part{good, tables.remarks.Part(nil)}, store.ErrKey},
		"no key, alone":  {"", []table.Part{good}, store.ErrKey},
		"key of Writers": {"k/000000001", []table.Part{good}, store.ErrKey},
		"no tables":      {"k", nil, store.ErrOptions},
		"an empty part":  {"k", []table.Part{good, {}}, store.ErrOptions},
		"a table twice":  {"k", []table.Part{good, good}, store.ErrOptions},
		"quarantine":     {"k", []table.Part{good, aside.Part(nil)}, store.ErrOptions},
		"two backends":   {"k", []table.Part{good, other.Part(nil)}, store.ErrOptions},
	} {
		if applied, err := table.Together(t.Context(), c.key, c.parts...); applied || !errors.Is(err, c.want) {
			t.Errorf("%s: applied %v, %v, want %v", name, applied, err, c.want)
		}
	}
	if applied, err := table.Together(t.Context(), "k", good); err != nil || !applied {
		t.Errorf("one table: applied %v, %v", applied, err)
	}
	tables.want(t, "at the end", 1, 0, 0, "none", false)
}
