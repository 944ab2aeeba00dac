package sqlite

import (
	"bytes"
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// sample is a row of every kind of value.
type sample struct {
	text string
	n    int64
	x    float64
	blob []byte
	when time.Time
}

// samples are n rows of the same sample.
type samples struct {
	sample
	n int
}

func (s samples) Len() int { return s.n }
func (s samples) Bind(_ int, w schema.Writer) error {
	w.Text(0, s.text)
	w.Int64(1, s.sample.n)
	w.Float64(2, s.x)
	w.Blob(3, s.blob)
	w.Time(4, s.when)
	return nil
}

// FuzzValues stores values by statements and by images: they come back exactly
// as they were, or are refused before anything is stored.
func FuzzValues(f *testing.F) {
	for _, s := range []sample{
		{"", 0, 0, nil, time.Unix(0, 0)},
		{"text'\";--", math.MinInt64, math.Inf(1), []byte{0, 255}, time.Unix(1e9, 1000)},
		{"a\x00b", math.MaxInt64, math.NaN(), bytes.Repeat([]byte("x"), 9000), time.Unix(-1e12, 0)},
		{"\xff", 1 << 53, math.Copysign(0, -1), []byte(""), time.Unix(1e15, 999)},
		{"a time out of range", 0, 0, nil, time.Unix(1e15, 0)},
		{"ünï\u2028", -1, 5e-324, []byte("SQLite format 3\x00"), time.Unix(253402300799, 999999000)},
	} {
		f.Add(s.text, s.n, s.x, s.blob, s.when.Unix(), int64(s.when.Nanosecond()))
	}
	db := openTest(f, "", Options{inMemory: true, MaxValue: 20_000})
	sch, err := schema.New("samples", []schema.Column{
		{Name: "text", Type: schema.Text}, {Name: "n", Type: schema.Int64}, {Name: "x", Type: schema.Float64},
		{Name: "blob", Type: schema.Blob}, {Name: "when", Type: schema.Time},
	})
	if err != nil {
		f.Fatal(err)
	}
	if err := db.Ensure(context.Background(), sch, store.Strict); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string, n int64, x float64, blob []byte, seconds, nanos int64) {
		want := sample{text, n, x, blob, time.Unix(seconds, nanos)}
		for _, rows := range []int{1, 40} {
			_, err := store.Insert(t.Context(), db, &store.Batch{Schema: sch, Rows: samples{want, rows}})
			got := 0
			queryErr := db.Query(t.Context(), store.Select{Schema: sch}, func(r schema.Reader) (bool, error) {
				got++
				if !want.equals(r) {
					t.Errorf("stored %+v, and got %q %d %v %q %v", want, r.Text(0), r.Int64(1), r.Float64(2), r.Blob(3), r.Time(4))
				}
				return true, nil
			})
			if queryErr != nil {
				t.Error(queryErr)
			}
			var refused *store.RowError
			switch {
			case err == nil && got != rows, err != nil && got != 0:
				t.Errorf("%d of %d rows are there, error %v", got, rows, err)
			case err != nil && !errors.As(err, &refused):
				t.Errorf("error is %v, want a *RowError", err)
			}
			sql(t, db, "DELETE FROM samples")
		}
	})
}

// equals compares with the row that r reads. Times are stored to microseconds.
func (s sample) equals(r schema.Reader) bool {
	return r.Text(0) == s.text && r.Int64(1) == s.n && math.Float64bits(r.Float64(2)) == math.Float64bits(s.x) &&
		bytes.Equal(r.Blob(3), s.blob) && r.Time(4).Equal(s.when.Truncate(0).Add(-time.Duration(s.when.Nanosecond()%1000)))
}

// FuzzNames makes tables of arbitrary names: they are refused, or hold what is
// stored in them and nothing else happens.
func FuzzNames(f *testing.F) {
	for _, seed := range []string{"t", `"; DROP TABLE points; --`, "sqlite_x", "galley_meta", "rowid", "", "\x00", "\xff", "Points", "select", "a.b", "ß", "%", "[x]"} {
		f.Add(seed, seed)
		f.Add(seed, "column")
	}
	f.Fuzz(func(t *testing.T, table, column string) {
		s, err := schema.New(table, []schema.Column{
			{Name: column, Type: schema.Text}, {Name: "n_" + column, Type: schema.Int64}, {Name: "x_" + column, Type: schema.Float64},
		})
		if err != nil {
			return
		}
		db := openTest(t, "", Options{inMemory: true, CacheKiB: 1000})
		victim := ensured(t, db)
		if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: victim, Rows: makePoints(0, 3)}); err != nil {
			t.Fatal(err)
		}
		var mismatch *store.MismatchError
		if err := db.Ensure(t.Context(), s, store.Strict); errors.As(err, &mismatch) {
			return // it is the victim's, or galley's own
		} else if err != nil {
			t.Fatal(err)
		}
		for _, rows := range []points{makePoints(0, 2), makePoints(10, 40)} {
			if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: rows}); err != nil {
				t.Error(err)
			}
		}
		wantPoints(t, db, s, append(makePoints(0, 2), makePoints(10, 40)...))
		wantPoints(t, db, victim, makePoints(0, 3))
	})
}
