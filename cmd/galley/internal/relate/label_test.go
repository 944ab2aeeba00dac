package relate

import (
	"math"
	"testing"
	"time"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// An outlier is named by the whole key of its row: no digit of a long number is
// rounded, and a time is a time.
func TestOutliersAreNamedExactly(t *testing.T) {
	type row struct {
		ID   int64     `db:"id,key"`
		Hash uint64    `db:"hash,key,uint=text"`
		At   time.Time `db:"at,key"`
		Site string    `db:"site"`
		X    float64   `db:"x"`
	}
	db, err := sqlite.OpenMemory(t.Context(), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tab, err := table.Open(t.Context(), db, table.Options[row]{})
	if err != nil {
		t.Fatal(err)
	}
	rows := make([]row, 12)
	for i := range rows {
		rows[i] = row{ID: math.MaxInt64 - int64(i), Hash: 7, At: time.Unix(1, 5000), Site: "Oslo", X: float64(i)}
	}
	rows[1].X, rows[1].Hash = 1000, math.MaxUint64
	if err := tab.Append(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	r, err := Read(t.Context(), db, store.Select{Schema: tab.Schema()}, "site", "x", "id")
	if err != nil {
		t.Fatal(err)
	}
	const want = "9223372036854775806 18446744073709551615 1970-01-01T00:00:01.000005Z"
	if b := r.Boxes("x", "site"); len(b.Groups) != 1 || len(b.Groups[0].Outliers) != 1 || b.Groups[0].Outliers[0].Row != want {
		t.Errorf("%+v, want an outlier named %s", b, want)
	}
}
