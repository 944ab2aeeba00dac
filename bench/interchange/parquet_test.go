package interchange

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/duckdb/duckdb-go/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/export"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

type kinds struct {
	ID    int64 `db:"id,key"`
	Yes   bool
	I8    int8
	I32   int32
	U16   uint16
	U32   uint32
	U     uint64 `db:"u,uint=text"`
	F32   float32
	F64   float64
	NaN   float64 `db:"nan,nan=null"`
	Text  string
	Opt   *string
	Blob  []byte
	Sec   time.Time `db:"sec,time=s"`
	Milli time.Time `db:"milli,time=ms"`
	Micro time.Time
	Nano  time.Time  `db:"nano,time=ns"`
	When  *time.Time `db:"when"`
	Took  time.Duration
	JSON  json.RawMessage `db:"json"`
	V64   []float64
	OptV  []float32 `db:"opt_v,null"`
}

func rows(n int) []kinds {
	text, when := "späße, \"q\"\n漢", time.Date(1969, 12, 31, 23, 59, 59, 999_999_000, time.UTC)
	all := make([]kinds, n)
	for i := range all {
		k := kinds{
			ID: int64(i), Yes: i%2 == 0, I8: int8(i), I32: math.MinInt32 + int32(i), U16: uint16(60_000 + i%5000), U32: math.MaxUint32 - uint32(i),
			U: math.MaxUint64 - uint64(i), F32: float32(i) / 3, F64: float64(i) / 7, NaN: float64(i), Text: fmt.Sprint("text ", i%100),
			Blob: []byte{0, 0xff, byte(i)}, Sec: time.Unix(int64(i)-1000, 0).UTC(), Milli: time.UnixMilli(int64(i) * 999).UTC(),
			Micro: time.UnixMicro(int64(i)*1_000_003 - 5).UTC(), Nano: time.Unix(0, int64(i)*1_000_000_007).UTC(),
			Took: time.Duration(i) * time.Microsecond, JSON: json.RawMessage(fmt.Sprintf(`{"a":[%d,null]}`, i)),
			V64: make([]float64, i%4),
		}
		for j := range k.V64 {
			k.V64[j] = float64(i*10 + j)
		}
		switch i % 3 {
		case 0:
			k.NaN, k.Opt, k.When = math.NaN(), &text, &when
		case 1:
			k.F64, k.OptV = math.Inf(1-i%2*2), []float32{float32(i), 0.5}
		}
		all[i] = k
	}
	return all
}

// show is a row as text, with the type that DuckDB should give each value.
func show(k *kinds) string {
	stamp := func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
	opt, when, optV, nan := "NULL", "NULL", "NULL", "NULL"
	if k.Opt != nil {
		opt = *k.Opt
	}
	if k.When != nil {
		when = stamp(*k.When)
	}
	if k.OptV != nil {
		optV = fmt.Sprint(k.OptV)
	}
	if k.NaN == k.NaN {
		nan = fmt.Sprint(k.NaN)
	}
	return strings.Join([]string{
		fmt.Sprint(k.ID), fmt.Sprint(k.Yes), fmt.Sprint(k.I8), fmt.Sprint(k.I32), fmt.Sprint(k.U16), fmt.Sprint(k.U32), fmt.Sprint(k.U),
		fmt.Sprint(k.F32), fmt.Sprint(k.F64), nan, k.Text, opt, fmt.Sprint(k.Blob), stamp(k.Sec), stamp(k.Milli), stamp(k.Micro),
		stamp(k.Nano.Truncate(time.Microsecond)), when, // DuckDB's times with a zone have no more
		fmt.Sprint(int64(k.Took)), string(k.JSON), fmt.Sprint(k.V64), optV,
	}, "|")
}

// DuckDB finds the types and the values in a Parquet file that were put into
// the table, over several chunks and row groups.
func TestParquet(t *testing.T) {
	ctx := context.Background()
	db, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "test.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tbl, err := table.Open(ctx, db, table.Options[kinds]{})
	if err != nil {
		t.Fatal(err)
	}
	want := rows(250_000)
	for from := 0; from < len(want); from += 10_000 {
		if err := tbl.Append(ctx, want[from:from+10_000]); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	if _, err := export.Write(ctx, db, export.Options{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	duck, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer duck.Close()
	file := "'" + filepath.Join(dir, "kinds.parquet") + "'"
	result, err := duck.Query("SELECT * FROM read_parquet(" + file + ")")
	if err != nil {
		t.Fatal(err)
	}
	defer result.Close()
	types, err := result.ColumnTypes()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range types {
		names = append(names, c.Name()+" "+c.DatabaseTypeName())
	}
	wantTypes := []string{
		"id BIGINT", "yes BOOLEAN", "i8 TINYINT", "i32 INTEGER", "u16 USMALLINT", "u32 UINTEGER", "u UBIGINT", "f32 FLOAT", "f64 DOUBLE",
		"nan DOUBLE", "text VARCHAR", "opt VARCHAR", "blob BLOB", "sec TIMESTAMPTZ", "milli TIMESTAMPTZ", "micro TIMESTAMPTZ",
		"nano TIMESTAMPTZ", "when TIMESTAMPTZ", "took BIGINT", "json JSON", "v64 DOUBLE[]", "opt_v FLOAT[]",
	}
	if diff := cmp.Diff(wantTypes, names); diff != "" {
		t.Errorf("types (-want +got):\n%s", diff)
	}
	values, into := make([]any, len(names)), make([]any, len(names))
	for i := range values {
		into[i] = &values[i]
	}
	n := 0
	for ; result.Next(); n++ {
		if err := result.Scan(into...); err != nil {
			t.Fatal(err)
		}
		cells := make([]string, len(values))
		for i, v := range values {
			switch v := v.(type) {
			case nil:
				cells[i] = "NULL"
			case time.Time:
				cells[i] = v.UTC().Format(time.RFC3339Nano)
			case map[string]any:
				text, err := json.Marshal(v)
				if err != nil {
					t.Fatal(err)
				}
				cells[i] = string(text)
			default:
				cells[i] = fmt.Sprint(v)
			}
		}
		if got := strings.Join(cells, "|"); n >= len(want) || got != show(&want[n]) {
			t.Fatalf("row %d:\n got %s\nwant %s", n, got, show(&want[n]))
		}
	}
	if err := result.Err(); err != nil || n != len(want) {
		t.Errorf("%d rows, %v; want %d", n, err, len(want))
	}
	var fingerprint string
	err = duck.QueryRow("SELECT decode(value) FROM parquet_kv_metadata(" + file + ") WHERE decode(key) = 'galley.fingerprint'").Scan(&fingerprint)
	if err != nil || fingerprint != tbl.Schema().Fingerprint() {
		t.Errorf("fingerprint %q, %v; want %s", fingerprint, err, tbl.Schema().Fingerprint())
	}
}
