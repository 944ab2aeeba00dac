package table_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// manyRows is so many that a whole table is read by its pages.
const manyRows = 25_000

// anything has a column of each kind.
type anything struct {
	Name  string
	Note  *string
	Flag  bool
	Tiny  int8
	Whole int64
	Maybe *int64
	Big   uint64 `db:"big,uint=blob"`
	Real  float64
	Gap   float64 `db:"gap,nan=null"`
	Small float32
	Raw   []byte
	Doc   json.RawMessage
	Path  []float32 `db:"path"`
	At    time.Time
	Day   time.Time `db:"day,time=rfc3339"`
	Took  time.Duration
}

func makeAnything(n int) []anything {
	r := rand.New(rand.NewPCG(3, 4))
	rows := make([]anything, n)
	for i := range rows {
		a := anything{
			Name: strings.Repeat("é", r.IntN(4)) + fmt.Sprint(i%99), Flag: r.IntN(2) == 0, Tiny: int8(r.Int()),
			Whole: int64(r.Uint64()) >> r.IntN(64), Big: r.Uint64(), Real: r.NormFloat64(), Gap: float64(r.IntN(9)),
			Small: r.Float32(), Raw: bytes.Repeat([]byte{byte(i)}, r.IntN(30)), Doc: json.RawMessage(`{"i":1}`),
			Path: make([]float32, r.IntN(3)), At: time.UnixMicro(r.Int64N(1 << 50)).UTC(),
			Day: time.Unix(r.Int64N(1<<33), 0).UTC(), Took: time.Duration(r.Int64()),
		}
		switch r.IntN(12) {
		case 0:
			a.Note, a.Maybe, a.Gap = &a.Name, &a.Whole, math.NaN()
		case 1:
			a.Real, a.Whole = math.Inf(1), 0
		case 2:
			a.Name, a.Real = "", 0
		}
		if r.IntN(2000) == 0 {
			a.Raw = bytes.Repeat([]byte("large "), 20_000) // overflows
		}
		rows[i] = a
	}
	return rows
}

func gather[T any](t *testing.T, rows func(func(T, error) bool)) []T {
	t.Helper()
	var all []T
	for row, err := range rows {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, row)
	}
	return all
}

// TestAllOfMany reads a table by its pages and row by row: both give the rows
// that were written, in their order.
func TestAllOfMany(t *testing.T) {
	testtime.Seconds(t)
	db := openDB(t, tempPath(t))
	tab := openTable(t, db, table.Options[anything]{})
	want := makeAnything(manyRows)
	if err := tab.Append(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	pages := gather(t, tab.All(t.Context()))
	sameRows(t, "written and by pages", want, pages)
	sameRows(t, "row by row and by pages", gather(t, tab.Where(t.Context(), "1")), pages)
}

// sameRows compares row by row, since cmp takes seconds for so many.
func sameRows(t *testing.T, what string, want, got []anything) {
	t.Helper()
	if len(want) != len(got) {
		t.Errorf("%s: %d rows and %d", what, len(want), len(got))
		return
	}
	for i := range want {
		a, b := want[i], got[i]
		if a.Gap != a.Gap && b.Gap != b.Gap { // NaN equals nothing
			a.Gap, b.Gap = 0, 0
		}
		if !reflect.DeepEqual(a, b) {
			t.Errorf("%s: row %d (-want +got):\n%.2000s", what, i, cmp.Diff(a, b))
			return
		}
	}
}

// TestAllOfManyChanged reads tables with gaps, and with rows from before a
// column was added, by pages or not: what comes is the same.
func TestAllOfManyChanged(t *testing.T) {
	testtime.Seconds(t)
	path := tempPath(t)
	db := openDB(t, path)
	tab := openTable(t, db, table.Options[scan]{Name: "scan"})
	if err := tab.Append(t.Context(), makeScans(0, 2*manyRows)); err != nil {
		t.Fatal(err)
	}
	byHand(t, path, "DELETE FROM scan WHERE voxels % 5 < 2")
	check := func(what string, want int) {
		t.Helper()
		pages, byRow := gather(t, tab.All(t.Context())), gather(t, tab.Where(t.Context(), "1"))
		if !slices.Equal(byRow, pages) || len(pages) != want {
			t.Errorf("%s: %d rows by pages, %d row by row, want %d alike", what, len(pages), len(byRow), want)
		}
	}
	check("with gaps", 2*manyRows*3/5)

	type noted struct {
		Subject string
		Region  string
		Volume  float64
		Voxels  int64
		Good    bool
		Note    *string
	}
	type defaulted struct {
		Subject string
		Region  string
		Volume  float64
		Voxels  int64
		Good    bool
		Note    *string
		Site    string  `db:"site,default='here'"`
		Run     int64   `db:"run,default=-3"`
		Scale   float64 `db:"scale,default=1.5"`
		Flip    bool    `db:"flip,default=1"`
		Mark    []byte  `db:"mark,default=x'0102'"`
		Empty   string  `db:"empty,default=''"`
	}
	note := "new"
	more := openTable(t, db, table.Options[noted]{Name: "scan", Evolve: store.Additive})
	if err := more.Append(t.Context(), []noted{{Region: "left", Note: &note}}); err != nil {
		t.Fatal(err)
	}
	check("by the older struct", 2*manyRows*3/5+1)
	rows := gather(t, more.All(t.Context()))
	if last := rows[len(rows)-1]; rows[0].Note != nil || last.Note == nil || *last.Note != note {
		t.Errorf("a column that was added: %+v ... %+v", rows[0], last)
	}
	sited := openTable(t, db, table.Options[defaulted]{Name: "scan", Evolve: store.Additive})
	last := defaulted{Region: "right", Site: "there", Run: 1 << 40, Mark: []byte{}, Empty: "not"}
	if err := sited.Append(t.Context(), []defaulted{last}); err != nil {
		t.Fatal(err)
	}
	pages, byRow := gather(t, sited.All(t.Context())), gather(t, sited.Where(t.Context(), "1"))
	if len(pages) != len(rows)+1 || len(byRow) != len(pages) {
		t.Fatalf("columns with defaults: %d rows by pages, %d row by row, want %d", len(pages), len(byRow), len(rows)+1)
	}
	for _, i := range []int{0, len(rows) - 1, len(rows)} {
		if diff := cmp.Diff(byRow[i], pages[i]); diff != "" {
			t.Errorf("columns with defaults, row %d (-row +page):\n%s", i, diff)
		}
	}
	if diff := cmp.Diff(last, pages[len(rows)]); diff != "" {
		t.Errorf("the last row (-want +got):\n%s", diff)
	}
}

// TestAllOfManyByHand reads tables that another program has changed, and that
// cannot be read by pages.
func TestAllOfManyByHand(t *testing.T) {
	for what, change := range map[string][]string{
		"a generated column": {"ALTER TABLE scan ADD COLUMN twice REAL AS (volume * 2)"},
		"other type names": {
			"CREATE TABLE other (subject VARCHAR(20) NOT NULL, region TEXT NOT NULL, volume FLOAT NOT NULL, voxels INT NOT NULL, good INTEGER NOT NULL)",
			"INSERT INTO other SELECT * FROM scan", "DROP TABLE scan", "ALTER TABLE other RENAME TO scan",
		},
	} {
		t.Run(what, func(t *testing.T) {
			path := tempPath(t)
			tab := openTable(t, openDB(t, path), table.Options[scan]{Name: "scan"})
			want := makeScans(0, manyRows)
			if err := tab.Append(t.Context(), want); err != nil {
				t.Fatal(err)
			}
			byHand(t, path, change...)
			if what == "other type names" { // no longer STRICT: its values may be of any type
				var mismatch *store.MismatchError
				for row, err := range tab.All(t.Context()) {
					if !errors.As(err, &mismatch) {
						t.Fatalf("read %+v, error %v, want a *store.MismatchError", row, err)
					}
				}
				if mismatch == nil {
					t.Error("the table is read without an error")
				}
				return
			}
			if got := gather(t, tab.All(t.Context())); !slices.Equal(want, got) {
				t.Errorf("%d rows, want the %d that were there before", len(got), len(want))
			}
		})
	}
}

// TestAllOfManyLeft leaves the loop in the middle, in each way there is, and
// finds the connections free.
func TestAllOfManyLeft(t *testing.T) {
	db := openDB(t, tempPath(t))
	tab := openTable(t, db, table.Options[scan]{})
	if err := tab.Append(t.Context(), makeScans(0, 2*manyRows)); err != nil {
		t.Fatal(err)
	}
	stop := errors.New("stop")
	ways := map[string]func(context.CancelFunc){
		"break":  nil,
		"cancel": func(cancel context.CancelFunc) { cancel() },
		"panic":  func(context.CancelFunc) { panic(stop) },
		"goexit": func(context.CancelFunc) { runtime.Goexit() },
	}
	for name, way := range ways {
		for _, at := range []int{0, 700, 40_000} {
			done := make(chan error, 1)
			go func() {
				defer close(done)
				defer func() {
					if p := recover(); p != nil && p != any(stop) {
						done <- fmt.Errorf("panic: %v", p)
					}
				}()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				n := 0
				for row, err := range tab.All(ctx) {
					if err != nil {
						if name == "cancel" && errors.Is(err, context.Canceled) {
							return
						}
						done <- err
						return
					}
					if int(row.Voxels) != n {
						done <- fmt.Errorf("row %d is %+v", n, row)
						return
					}
					if n++; n > at {
						if way == nil {
							return
						}
						way(cancel)
					}
				}
				if name == "cancel" {
					done <- errors.New("the loop went on to its end")
				}
			}()
			if err := <-done; err != nil {
				t.Errorf("%s at %d: %v", name, at, err)
			}
		}
	}
	if err := db.Clear(t.Context()); err != nil { // refuses while anybody reads
		t.Error(err)
	}
}

// TestAllOfManySnapshot appends while a whole table is read: what is new is not
// among the rows.
func TestAllOfManySnapshot(t *testing.T) {
	db := openDB(t, tempPath(t))
	tab := openTable(t, db, table.Options[scan]{})
	if err := tab.Append(t.Context(), makeScans(0, manyRows)); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, err := range tab.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if n%1000 == 0 {
			if err := tab.Append(t.Context(), makeScans(manyRows+n, 100)); err != nil {
				t.Fatal(err)
			}
		}
		n++
	}
	if n != manyRows {
		t.Errorf("%d rows, want %d", n, manyRows)
	}
}

// TestAllOfManyClosed closes the file under a reader.
func TestAllOfManyClosed(t *testing.T) {
	testtime.Seconds(t)
	db, err := sqlite.Open(t.Context(), tempPath(t), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	tab := openTable(t, db, table.Options[scan]{})
	if err := tab.Append(t.Context(), makeScans(0, 20*manyRows)); err != nil {
		t.Fatal(err)
	}
	var last error
	n := 0
	for _, err := range tab.All(t.Context()) {
		if n++; n == 10 {
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
		last = err
	}
	if !errors.Is(last, store.ErrClosed) {
		t.Errorf("after %d rows: %v, want ErrClosed", n, last)
	}
}
