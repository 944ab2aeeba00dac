package table_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/table"
)

// ruled has every rule that a table can have.
type ruled struct {
	Subject string  `db:"subject,key"`
	Region  string  `db:"region,key,index=by_region"`
	UID     int64   `db:"uid,unique"`
	Volume  float64 `db:"volume,check=volume>=0"`
	Note    *string
	Site    string `db:"site,default='here'"`
}

func makeRuled(n int) []ruled {
	rows := make([]ruled, n)
	for i := range rows {
		rows[i] = ruled{Subject: fmt.Sprint("sub-", i/50), Region: fmt.Sprint("region-", i*7%50), UID: int64(n - i), Volume: float64(i) / 4}
		if i%3 == 0 {
			rows[i].Note = &rows[i].Region
		}
	}
	return rows
}

// TestRuledTableBySize: a table with a key, indexes and checks is the same
// after one large batch, whose rows come out of an image, and after many small
// ones, whose values are bound.
func TestRuledTableBySize(t *testing.T) {
	rows := makeRuled(2000)
	var dumps [2][]ruled
	for i, size := range []int{len(rows), 20} {
		tab := openTable(t, openDB(t, tempPath(t)), table.Options[ruled]{})
		for from := 0; from < len(rows); from += size {
			if err := tab.Append(t.Context(), rows[from:from+size]); err != nil {
				t.Fatal(err)
			}
		}
		dumps[i] = gather(t, tab.Where(t.Context(), "1", table.OrderBy("rowid")))
		byIndex := gather(t, tab.Where(t.Context(), "region = ?", "region-14"))
		if len(byIndex) != len(rows)/50 {
			t.Errorf("batches of %d: %d rows by the index, want %d", size, len(byIndex), len(rows)/50)
		}
	}
	if diff := cmp.Diff(rows, dumps[0]); diff != "" {
		t.Errorf("one batch (-want +got):\n%.2000s", diff)
	}
	if diff := cmp.Diff(rows, dumps[1]); diff != "" {
		t.Errorf("small batches (-want +got):\n%.2000s", diff)
	}
}
