package storetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// edit changes and removes rows by conditions, and counts them.
func (s Suite) edit(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[reading]{})
	rows := readings(0, 40)
	if err := tab.Append(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	type grade struct {
		Volume float64
		Good   bool
	}
	n, err := table.Update(t.Context(), tab, grade{math.Inf(1), true}, "n >= ? AND n < ? AND subject IN (?)", 10, 30, []string{"left", "ü"})
	if n != 10 || err != nil {
		t.Errorf("Update: %d, %v, want 10", n, err)
	}
	for i := range rows {
		if i >= 10 && i < 30 && (i%4 == 0 || i%4 == 3) {
			rows[i].Volume, rows[i].Good = math.Inf(1), true
		}
	}
	want(t, tab.View, rows)
	for where, args := range map[string][]any{
		"n IN (?)":                      {[]int64{1, 2, 99}},
		"n = :n OR n = 33":              {sql.Named("n", 30)},
		"n > $2 AND n <= $1 -- of them": {int64(39), 37},
		"subject = '?' OR n / ? = 100":  {1},
		"volume > 1e300 AND n + ? < ?":  {1, 21},
	} {
		left := []reading{}
		for _, r := range rows {
			if !map[string]func() bool{
				"n IN (?)":                      func() bool { return r.N == 1 || r.N == 2 },
				"n = :n OR n = 33":              func() bool { return r.N == 30 || r.N == 33 },
				"n > $2 AND n <= $1 -- of them": func() bool { return r.N > 37 },
				"subject = '?' OR n / ? = 100":  func() bool { return false },
				"volume > 1e300 AND n + ? < ?":  func() bool { return r.Volume > 1e300 && r.N < 20 },
			}[where]() {
				left = append(left, r)
			}
		}
		n, err := tab.Delete(t.Context(), where, args...)
		if n != int64(len(rows)-len(left)) || err != nil {
			t.Errorf("Delete where %s: %d, %v, want %d", where, n, err, len(rows)-len(left))
		}
		rows = left
		want(t, tab.View, rows)
	}
	if n, err := tab.Delete(t.Context(), "true"); n != int64(len(rows)) || err != nil {
		t.Errorf("Delete of all: %d, %v, want %d", n, err, len(rows))
	}
	want(t, tab.View, nil)
}

// editTypes sets a column of each type, as an append stores it.
func (s Suite) editTypes(t *testing.T) {
	type row struct {
		N     int64
		Text  *string
		Small int8
		Big   uint64 `db:"big,uint=text"`
		Raw   []byte
		At    time.Time `db:"at,time=ns"`
		Day   time.Time `db:"day,time=rfc3339"`
		Gap   float64   `db:"gap,nan=null"`
		Path  []float32 `db:"path,dim=2"`
		List  []string  `db:"list,json"`
		Took  time.Duration
	}
	b := s.Open(t)
	tab := openTable(t, b, table.Options[row]{})
	blank := row{Big: 1, At: noon, Day: noon, Raw: []byte{}, Path: []float32{0, 0}, List: []string{}}
	if err := tab.Append(t.Context(), []row{blank}); err != nil {
		t.Fatal(err)
	}
	for _, r := range []row{
		{1, ptr("it's ?"), -128, math.MaxUint64, []byte{0, 255}, noon.Add(1), noon.Add(time.Hour), 1.5, []float32{1, 2}, []string{"a"}, time.Hour},
		blank,
	} {
		if n, err := table.Update(t.Context(), tab, r, "n = ?", 1-r.N); n != 1 || err != nil {
			t.Errorf("Update: %d, %v, want 1", n, err)
		}
		want(t, tab.View, []row{r})
	}
	type bad struct {
		Text string
	}
	var refused *table.RowError
	if n, err := table.Update(t.Context(), tab, bad{"\xff"}, "true"); n != 0 || !errors.As(err, &refused) {
		t.Errorf("Update to text that is not UTF-8: %d, %v, want a *RowError", n, err)
	}
	type narrow struct {
		Small int64
		Path  []float32
		Text  int64
		Other string
	}
	var mismatch *store.MismatchError
	if _, err := table.Update(t.Context(), tab, narrow{}, "true"); !errors.As(err, &mismatch) || len(mismatch.Changes) != 4 {
		t.Errorf("Update of other types: %v, want a *MismatchError of 4 columns", err)
	}
	want(t, tab.View, []row{blank})
}

// editRefused are edits that change nothing.
func (s Suite) editRefused(t *testing.T) {
	type row struct {
		N    int64
		Size int64  `db:"size,check=size >= 0"`
		From string `db:"source,batch"`
	}
	type size struct{ Size int64 }
	type source struct {
		From string `db:"source"`
	}
	b := s.Open(t)
	tab := openTable(t, b, table.Options[row]{})
	rows := []row{{1, 1, "k"}, {2, 2, "k"}, {3, 3, "k"}}
	if _, err := tab.AppendOnce(t.Context(), "k", rows); err != nil {
		t.Fatal(err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	for name, c := range map[string]struct {
		do   func() (int64, error)
		want error
	}{
		"empty":         {func() (int64, error) { return tab.Delete(t.Context(), "") }, store.ErrQuery},
		"blank":         {func() (int64, error) { return tab.Delete(t.Context(), " \n") }, store.ErrQuery},
		"empty update":  {func() (int64, error) { return table.Update(t.Context(), tab, size{1}, "") }, store.ErrQuery},
		"comment":       {func() (int64, error) { return tab.Delete(t.Context(), "-- n = 1") }, store.ErrQuery},
		"syntax":        {func() (int64, error) { return tab.Delete(t.Context(), "n = = 1") }, store.ErrQuery},
		"column":        {func() (int64, error) { return tab.Delete(t.Context(), "m = 1") }, store.ErrQuery},
		"two":           {func() (int64, error) { return tab.Delete(t.Context(), "n = 1); DELETE FROM row; --") }, store.ErrQuery},
		"few arguments": {func() (int64, error) { return tab.Delete(t.Context(), "n = ?") }, store.ErrQuery},
		"many":          {func() (int64, error) { return tab.Delete(t.Context(), "n = ?", 1, 2) }, store.ErrQuery},
		"not bindable":  {func() (int64, error) { return tab.Delete(t.Context(), "n = ?", make(chan int)) }, store.ErrQuery},
		"limit":         {func() (int64, error) { return tab.Delete(t.Context(), "true", table.Limit(1)) }, store.ErrQuery},
		"check":         {func() (int64, error) { return table.Update(t.Context(), tab, size{-1}, "n > ?", 1) }, store.ErrConstraint},
		"batch column":  {func() (int64, error) { return table.Update(t.Context(), tab, source{"l"}, "true") }, store.ErrOptions},
		"ended":         {func() (int64, error) { return tab.Delete(ended, "true") }, context.Canceled},
	} {
		if n, err := c.do(); n != 0 || !errors.Is(err, c.want) {
			t.Errorf("%s: %d, error %v, want %v", name, n, err, c.want)
		}
		want(t, tab.View, rows)
	}
	if n, err := table.Update(t.Context(), tab, size{9}, "n = 2"); n != 1 || err != nil {
		t.Errorf("after the errors: %d, %v, want 1", n, err)
	}
}

// editLedger removes rows of batches, whose counts follow, and which can be
// forgotten afterwards.
func (s Suite) editLedger(t *testing.T) {
	type row struct {
		N    int64
		From string `db:"source,batch"`
	}
	b := s.Open(t)
	tab := openTable(t, b, table.Options[row]{})
	for k := range 3 {
		var rows []row
		for i := range 5 {
			rows = append(rows, row{N: int64(5*k + i)})
		}
		if _, err := tab.AppendOnce(t.Context(), fmt.Sprint("k", k), rows); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := tab.Delete(t.Context(), "n IN (?)", []int{0, 5, 6, 7, 8, 9}); n != 6 || err != nil {
		t.Fatalf("Delete: %d, %v, want 6", n, err)
	}
	counts := map[string]int64{}
	for batch, err := range b.Batches(t.Context(), store.BatchFilter{Table: tab.Name()}) {
		if err != nil {
			t.Fatal(err)
		}
		counts[batch.Key] = batch.Rows
	}
	if diff := cmp.Diff(map[string]int64{"k0": 4, "k1": 0, "k2": 5}, counts); diff != "" {
		t.Errorf("the ledger (-want +got):\n%s", diff)
	}
	if applied, err := tab.AppendOnce(t.Context(), "k1", []row{{N: 5}}); applied || err != nil {
		t.Errorf("the key of removed rows: applied %v, %v", applied, err)
	}
	for key, want := range map[string]int64{"k0": 4, "k1": 0} {
		if n, err := tab.Forget(t.Context(), key); n != want || err != nil {
			t.Errorf("Forget %s: %d, %v, want %d", key, n, err, want)
		}
	}
}

// editAtOnce edits from several goroutines while others append: each row is
// counted by one of them.
func (s Suite) editAtOnce(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[reading]{})
	const workers, batches = 6, 10
	removed := make([]int64, workers)
	atOnce(t, workers, func(w int) error {
		for k := range batches {
			if err := tab.Append(t.Context(), readings(100*(w*batches+k), 20)); err != nil {
				return err
			}
			n, err := tab.Delete(t.Context(), "n % 5 = ?", w%5)
			if err != nil {
				return err
			}
			removed[w] += n
		}
		return nil
	})
	n, err := tab.Count(t.Context())
	sum := n
	for _, r := range removed {
		sum += r
	}
	if sum != workers*batches*20 || err != nil || slices.Max(removed) == 0 {
		t.Errorf("%d rows removed and %d left, %v, want %d together", sum-n, n, err, workers*batches*20)
	}
}
