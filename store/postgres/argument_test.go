package postgres_test

import (
	stdsql "database/sql"
	"database/sql/driver"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/postgres"
	"github.com/galley-db/galley/table"
)

type ratio float32

type measured struct{ of float64 }

func (m measured) Value() (driver.Value, error) { return m.of, nil }

// TestFloatIsNotCutToAnInteger: a float beside a column of integers meets the rows that
// are equal to it. One that no integer equals is refused, and neither reads nor
// deletes other rows.
func TestFloatIsNotCutToAnInteger(t *testing.T) {
	type row struct {
		Small int8
		Mid   int32
		Large int64
		Real  float64
	}
	db, _, _ := openNew(t, postgres.Options{})
	tab, err := table.Open(t.Context(), db, table.Options[row]{Name: "t"})
	if err != nil {
		t.Fatal(err)
	}
	if err := tab.Append(t.Context(), []row{{2, 2, 2, 2}, {3, 3, math.MinInt64, 2.5}}); err != nil {
		t.Fatal(err)
	}
	half := 2.5
	for _, column := range []string{"small", "mid", "large"} {
		for _, arg := range []any{half, &half, float32(half), ratio(half), measured{half}, &measured{half}, math.NaN(), 0x1p63, -0x1p64, math.Inf(-1), []float64{half}, []ratio{2, ratio(half)}} {
			if n, err := tab.CountWhere(t.Context(), column+" IN (?)", arg); !errors.Is(err, store.ErrQuery) {
				t.Errorf("%s = %v: %d rows, %v; want %v", column, arg, n, err, store.ErrQuery)
			}
		}
		if n, err := tab.Delete(t.Context(), column+" = ANY(?)", []float32{2.5}); !errors.Is(err, store.ErrQuery) {
			t.Errorf("delete where %s = 2.5: %d rows, %v; want %v", column, n, err, store.ErrQuery)
		}
		for _, arg := range []any{2.0, float32(2), measured{2}, []float64{2}} {
			if n, err := tab.CountWhere(t.Context(), column+" IN (?)", arg); n != 1 || err != nil {
				t.Errorf("%s = %v: %d rows, %v; want 1", column, arg, n, err)
			}
		}
		if n, err := tab.CountWhere(t.Context(), column+" = ANY(?)", []float64{2, 99}); n != 1 || err != nil {
			t.Errorf("%s = ANY(2, 99): %d rows, %v; want 1", column, n, err)
		}
		if n, err := tab.CountWhere(t.Context(), column+" = CAST(? AS double precision)", half); n != 0 || err != nil {
			t.Errorf("%s = 2.5: %d rows, %v; want none", column, n, err)
		}
	}
	if n, err := tab.CountWhere(t.Context(), "large = ?", -0x1p63); n != 1 || err != nil {
		t.Errorf("the least integer: %d rows, %v; want 1", n, err)
	}
	if n, err := tab.CountWhere(t.Context(), "real IN (?)", []any{2, measured{half}}); n != 2 || err != nil {
		t.Errorf("floats: %d rows, %v; want 2", n, err)
	}
}

// TestTimeOfColumnWithoutZone: a column of another program's that has no zone is read in
// UTC, and so a time is compared with it.
func TestTimeOfColumnWithoutZone(t *testing.T) {
	db, _, _ := openNew(t, postgres.Options{})
	at := time.Date(2026, 1, 2, 3, 0, 0, 0, time.FixedZone("", 5*3600+1800))
	for _, arg := range []any{at, &at, stdsql.NullTime{Time: at, Valid: true}} {
		var got []time.Time
		for r, err := range store.Query[struct{ V time.Time }](t.Context(), db, "SELECT v FROM (VALUES ('2026-01-01 21:30'::timestamp), ('2026-01-02 03:00')) AS t(v) WHERE v = $1", arg) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, r.V)
		}
		if len(got) != 1 || !got[0].Equal(at) {
			t.Errorf("%T: %v, want %v", arg, got, at)
		}
	}
}
