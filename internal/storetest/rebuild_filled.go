package storetest

import (
	"errors"
	"strings"
	"testing"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// rebuildFilled holds that a column with values is dropped only when that is asked
// for, whether or not another column takes its place.
func (s Suite) rebuildFilled(t *testing.T) {
	type before struct {
		N      int64
		Volume *float64
		Empty  *string
	}
	type renamed struct {
		N    int64
		Size *float64
	}
	type less struct{ N int64 }
	b := s.Open(t)
	volume := 1.5
	rows := []before{{1, &volume, nil}, {2, nil, nil}, {3, &volume, nil}}
	tab := openTable(t, b, table.Options[before]{Name: "t"})
	if err := tab.Append(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	open := func(how store.Evolution, rename bool) error {
		if rename {
			_, err := table.Open(t.Context(), b, table.Options[renamed]{Name: "t", Evolve: how})
			return err
		}
		_, err := table.Open(t.Context(), b, table.Options[less]{Name: "t", Evolve: how})
		return err
	}
	for _, rename := range []bool{false, true} {
		err := open(store.Rebuild, rename)
		var mismatch *store.MismatchError
		if !errors.As(err, &mismatch) || len(mismatch.Changes) != 1 || mismatch.Changes[0].Column != "volume" {
			t.Fatalf("Rebuild without the column: %v, want a *MismatchError of volume only", err)
		}
		for _, part := range []string{`"volume"`, "2 rows", "was=volume", "RebuildAndDrop"} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("the error lacks %q: %v", part, err)
			}
		}
		want(t, openTable(t, b, table.Options[before]{Name: "t"}).View, rows)
	}
	if err := open(store.RebuildAndDrop, false); err != nil {
		t.Fatal(err)
	}
	want(t, openTable(t, b, table.Options[less]{Name: "t"}).View, []less{{1}, {2}, {3}})
	// Of a table without rows nothing is lost.
	openTable(t, b, table.Options[before]{Name: "none"})
	openTable(t, b, table.Options[less]{Name: "none", Evolve: store.Rebuild})
}
