package lake_test

import (
	"encoding/json"
	"errors"
	"math"
	"path/filepath"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/lake"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// all has a column of every type of galley.
type all struct {
	Bool    bool            `db:"bool"`
	Int8    int8            `db:"int8"`
	Int16   int16           `db:"int16"`
	Int32   int32           `db:"int32"`
	Int64   int64           `db:"int64"`
	Uint8   uint8           `db:"uint8"`
	Uint16  uint16          `db:"uint16"`
	Uint32  uint32          `db:"uint32"`
	Uint64  uint64          `db:"uint64,uint=text"`
	UintB   *uint64         `db:"uint64_blob,uint=blob"`
	UintI   uint64          `db:"uint64_int"`
	Float32 float32         `db:"float32"`
	Float64 float64         `db:"float64,nan=null"`
	Text    string          `db:"text"`
	Blob    []byte          `db:"blob"`
	Micros  time.Time       `db:"micros"`
	Seconds time.Time       `db:"seconds,time=s"`
	Millis  *time.Time      `db:"millis,time=ms"`
	Nanos   time.Time       `db:"nanos,time=ns"`
	RFC     time.Time       `db:"rfc,time=rfc3339"`
	Took    time.Duration   `db:"took"`
	JSON    json.RawMessage `db:"json"`
	Vec32   []float32       `db:"vec32"`
	Vec64   []float64       `db:"vec64,dim=2"`
	Null    *float64        `db:"null_float"`
}

// everyRows are rows of values at their limits, and of the smallest ones and NULL.
func everyRows() []all {
	at := time.Date(1969, 12, 31, 23, 59, 59, 999999000, time.UTC)
	big, ms := uint64(math.MaxUint64), at.Truncate(time.Millisecond)
	return []all{
		{Bool: true, Int8: -128, Int16: -32768, Int32: math.MinInt32, Int64: math.MinInt64, Uint8: 255, Uint16: 65535, Uint32: math.MaxUint32,
			Uint64: big, UintB: &big, UintI: math.MaxInt64, Float32: math.MaxFloat32, Float64: math.Inf(-1), Text: "ü\n\"", Blob: []byte{0, 255},
			Micros: at, Seconds: at.Truncate(time.Second), Millis: &ms, Nanos: at.Add(999), RFC: at.Add(999), Took: -1, JSON: json.RawMessage(`{"a":1}`),
			Vec32: []float32{1.5, -2}, Vec64: []float64{math.SmallestNonzeroFloat64, 2}},
		{Float64: math.NaN(), Blob: []byte{}, JSON: json.RawMessage(`null`), Vec32: []float32{}, Vec64: []float64{0, 0},
			Micros: at, Seconds: at.Truncate(time.Second), Nanos: time.Unix(0, 0), RFC: at},
	}
}

// newEvery creates a galley file with a table of every type.
func newEvery(t *testing.T, rows []all) *sqlite.DB {
	t.Helper()
	db := openFile(t, filepath.Join(t.TempDir(), "all.db"))
	tab, err := table.Open(t.Context(), db, table.Options[all]{Name: "every"})
	must(t, err)
	must(t, tab.Append(t.Context(), rows))
	return db
}

// TestEveryType: each type of galley arrives with its Iceberg type and every value, at
// its limits too.
func TestEveryType(t *testing.T) {
	cat, _ := openCatalog(t)
	db := newEvery(t, everyRows())
	publish(t, db, cat, lake.PublishOptions{})
	types := map[string]string{}
	for _, f := range load(t, cat, "every").Schema().Fields() {
		types[f.Name] = f.Type.Type()
	}
	wantTypes := map[string]string{"bool": "boolean", "int8": "int", "int16": "int", "int32": "int", "int64": "long", "uint8": "int", "uint16": "int",
		"uint32": "long", "uint64": "decimal(20, 0)", "uint64_blob": "decimal(20, 0)", "uint64_int": "decimal(20, 0)", "float32": "float", "float64": "double",
		"text": "string", "blob": "binary", "micros": "timestamptz", "seconds": "timestamptz", "millis": "timestamptz", "nanos": "long", "rfc": "string",
		"took": "long", "json": "string", "vec32": "list", "vec64": "list", "null_float": "double"}
	if diff := cmp.Diff(wantTypes, types); diff != "" {
		t.Errorf("types (-want +got):\n%s", diff)
	}
	got := map[string][]string{}
	records(t, load(t, cat, "every"), func(r arrow.RecordBatch) {
		for i, f := range r.Schema().Fields() {
			for k := range int(r.NumRows()) {
				got[f.Name] = append(got[f.Name], r.Column(i).ValueStr(k))
			}
		}
	}, "*")
	const null = "(null)"
	want := map[string][]string{"bool": {"true", "false"}, "int8": {"-128", "0"}, "int16": {"-32768", "0"}, "int32": {"-2147483648", "0"},
		"int64": {"-9223372036854775808", "0"}, "uint8": {"255", "0"}, "uint16": {"65535", "0"}, "uint32": {"4294967295", "0"},
		"uint64": {"18446744073709551615", "0"}, "uint64_blob": {"18446744073709551615", null}, "uint64_int": {"9223372036854775807", "0"},
		"float32": {"3.4028235e+38", "0"}, "float64": {"-Inf", null}, "text": {"ü\n\"", ""}, "blob": {"AP8=", ""},
		"micros":  {"1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"},
		"seconds": {"1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z"}, "millis": {"1969-12-31T23:59:59.999Z", null},
		"nanos": {"-1", "0"}, "rfc": {"1969-12-31T23:59:59.999999999Z", "1969-12-31T23:59:59.999999000Z"}, "took": {"-1", "0"},
		"json": {`{"a":1}`, "null"}, "vec32": {"[1.5,-2]", "[]"}, "vec64": {"[5e-324,2]", "[0,0]"}, "null_float": {null, null}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
}

// TestTimeOutOfRange: a time that microseconds cannot hold is refused, and nothing is
// published.
func TestTimeOutOfRange(t *testing.T) {
	type far struct {
		At time.Time `db:"at,time=s"`
	}
	cat, _ := openCatalog(t)
	db := openFile(t, filepath.Join(t.TempDir(), "far.db"))
	tab, err := table.Open(t.Context(), db, table.Options[far]{Name: "far"})
	must(t, err)
	must(t, tab.Append(t.Context(), []far{{time.Unix(1, 0)}, {time.Unix(math.MaxInt64/1_000_000+1, 0)}}))
	var value *schema.ValueError
	if _, err := lake.Publish(t.Context(), db, cat, lake.PublishOptions{}); !errors.Is(err, schema.ErrTimeRange) || !errors.As(err, &value) || value.Column != "at" {
		t.Errorf("%v, want ErrTimeRange with the column", err)
	}
	if s := load(t, cat, "far").CurrentSnapshot(); s != nil {
		t.Errorf("there is a snapshot: %v", s)
	}
}
