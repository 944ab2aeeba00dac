package export

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// kinds has a column of each kind.
type kinds struct {
	ID    int64 `db:"id,key"`
	Yes   bool
	I8    int8
	I16   int16
	I32   int32
	U8    uint8
	U16   uint16
	U32   uint32
	U     uint64 `db:"u,uint=text"`
	UB    uint64 `db:"ub,uint=blob"`
	F32   float32
	F64   float64
	NaN   float64 `db:"nan,nan=null"`
	Text  string
	Opt   *string
	N     sql.Null[int64]
	Maybe sql.Null[bool]
	Blob  []byte
	OptB  []byte    `db:"opt_b,null"`
	Sec   time.Time `db:"sec,time=s"`
	Milli time.Time `db:"milli,time=ms"`
	Micro time.Time
	Nano  time.Time  `db:"nano,time=ns"`
	RFC   time.Time  `db:"rfc,time=rfc3339"`
	When  *time.Time `db:"when"`
	Took  time.Duration
	JSON  json.RawMessage `db:"json"`
	V32   []float32
	V64   []float64 `db:"v64,dim=3"`
	OptV  []float64 `db:"opt_v,null"`
}

var anyText = rapid.StringOf(rapid.SampledFrom([]rune("ab,\"'\n\r\t \\;é漢\u2028𝄞07-+.")))

func drawKinds(t *rapid.T, id int64) kinds {
	at := func(unit time.Duration) time.Time {
		n := rapid.Int64Range(-60_000_000_000, 250_000_000_000).Draw(t, "second")
		if unit < time.Millisecond {
			n %= 9_000_000_000
		}
		fraction := rapid.Int64Range(0, int64(time.Second/unit)-1).Draw(t, "fraction") * int64(unit)
		return time.Unix(n, fraction).UTC()
	}
	float := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, 1, -1, 1e300, 5e-324, math.Inf(1), math.Inf(-1), math.MaxInt64}))
	k := kinds{
		ID: id, Yes: rapid.Bool().Draw(t, "yes"),
		I8: rapid.Int8().Draw(t, "i8"), I16: rapid.Int16().Draw(t, "i16"), I32: rapid.Int32().Draw(t, "i32"),
		U8: rapid.Uint8().Draw(t, "u8"), U16: rapid.Uint16().Draw(t, "u16"), U32: rapid.Uint32().Draw(t, "u32"),
		U: rapid.Uint64().Draw(t, "u"), UB: rapid.Uint64().Draw(t, "ub"),
		F32: float32(rapid.Float32().Draw(t, "f32")), F64: float.Draw(t, "f64"), NaN: float.Draw(t, "nan"),
		Text: anyText.Draw(t, "text"), Blob: rapid.SliceOf(rapid.Byte()).Draw(t, "blob"),
		Sec: at(time.Second), Milli: at(time.Millisecond), Micro: at(time.Microsecond),
		Nano: at(time.Nanosecond), RFC: at(time.Nanosecond),
		Took: time.Duration(rapid.Int64().Draw(t, "took")),
		JSON: json.RawMessage(rapid.SampledFrom([]string{`{}`, `{"a":[1,2,"x,y"]}`, `"text"`, `3`, `true`, "null", `{"a":1, "b":2}`}).Draw(t, "json")),
		V32:  rapid.SliceOf(rapid.Float32()).Draw(t, "v32"),
		V64:  rapid.SliceOfN(rapid.Float64(), 3, 3).Draw(t, "v64"),
	}
	if rapid.Bool().Draw(t, "is NaN") {
		k.NaN = math.NaN()
	}
	if rapid.Bool().Draw(t, "opt") {
		s := anyText.Draw(t, "opt text")
		k.Opt = &s
	}
	if rapid.Bool().Draw(t, "n") {
		k.N = sql.Null[int64]{V: rapid.Int64().Draw(t, "n value"), Valid: true}
	}
	if rapid.Bool().Draw(t, "maybe") {
		k.Maybe = sql.Null[bool]{V: rapid.Bool().Draw(t, "maybe value"), Valid: true}
	}
	if rapid.Bool().Draw(t, "opt blob") {
		k.OptB = append([]byte{}, rapid.SliceOf(rapid.Byte()).Draw(t, "opt blob value")...)
	}
	if rapid.Bool().Draw(t, "when") {
		w := at(time.Microsecond)
		k.When = &w
	}
	if rapid.Bool().Draw(t, "opt vector") {
		k.OptV = append([]float64{}, rapid.SliceOf(rapid.Float64()).Draw(t, "opt vector value")...)
	}
	return k
}

// sameKinds compares rows as a table compares them: it has no nil where NULL
// is not allowed, and no negative zero.
var sameKinds = cmp.Options{
	cmp.Comparer(func(a, b float64) bool { return a == b || a != a && b != b }),
	cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) }),
	cmp.FilterPath(func(p cmp.Path) bool {
		last := p.Last().String()
		return last == ".Blob" || last == ".V32"
	}, cmp.Transformer("empty", func(v any) string { return fmt.Sprint(v) })),
}

// newDB is a database in a file of its own. No goroutine is left at the end of
// the test.
func newDB(t testing.TB) *sqlite.DB {
	t.Helper()
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
	db, err := sqlite.Open(context.Background(), filepath.Join(t.TempDir(), "test.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return db
}

// newTable is a table with rows in it.
func newTable[T any](t testing.TB, db store.Backend, name string, rows []T) *table.Table[T] {
	t.Helper()
	tbl, err := table.Open(context.Background(), db, table.Options[T]{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	if err := tbl.Append(context.Background(), rows); err != nil {
		t.Fatal(err)
	}
	return tbl
}

// all is the rows of a table in the order of storage.
func all[T any](t testing.TB, db store.Backend, name string) []T {
	t.Helper()
	tbl, err := table.Open(context.Background(), db, table.Options[T]{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	var rows []T
	for row, err := range tbl.All(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}
