package gen

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
)

// scan is a row with a column of every type.
type scan struct {
	Subject string `db:"subject"`
	UID     string
	Note    *string
	OK      bool
	Maybe   *bool
	I8      int8
	I64     *int64
	U16     *uint16
	Digits  uint64  `db:",uint=text"`
	Bytes   *uint64 `db:",uint=blob"`
	F32     float32 `db:",nan=null"`
	F64     float64
	S       time.Time  `db:",time=s"`
	Ms      *time.Time `db:",time=ms"`
	Us      time.Time
	Ns      *time.Time `db:",time=ns"`
	Text    *time.Time `db:",time=rfc3339"`
	Took    *time.Duration
	Raw     []byte         `db:",null"`
	Doc     map[string]int `db:",json,null"`
	V32     []float32      `db:",null"`
	V64     [2]float64     `db:"v \"64\""`
}

// python finds an interpreter that has pandas; Debian's python3-pandas is for
// Debian's own.
func python(t *testing.T) string {
	t.Helper()
	for _, name := range []string{os.Getenv("PYTHON"), "/usr/bin/python3", "python3"} {
		if name != "" && exec.Command(name, "-c", "import pandas").Run() == nil {
			return name
		}
	}
	message := "no python3 with pandas (apt-get install python3-pandas; PYTHON names another interpreter)"
	if os.Getenv("GALLEY_REQUIRE_PANDAS") == "1" {
		t.Fatal(message)
	}
	t.Skip(message)
	return ""
}

type scans struct {
	binder schema.Binder[scan]
	rows   []scan
}

func (s scans) Len() int                          { return len(s.rows) }
func (s scans) Bind(i int, w schema.Writer) error { return s.binder.Bind(w, &s.rows[i]) }

func to[T any](v T) *T { return &v }

// scanFile is a file with the rows, and its module.
func scanFile(t *testing.T, rows []scan) (dir string) {
	t.Helper()
	ctx := context.Background()
	s, err := schema.Of[scan]()
	if err != nil {
		t.Fatal(err)
	}
	b, err := schema.Reflect[scan](s)
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	path := filepath.Join(dir, "features 100%.db")
	db, err := sqlite.Open(ctx, path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Ensure(ctx, s, store.Strict)
	if err == nil {
		_, err = store.Insert(ctx, db, &store.Batch{Schema: s, Rows: scans{b, rows}})
	}
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	table, err := FromFile(t.Context(), path, "")
	if err != nil {
		t.Fatal(err)
	}
	text, err := table.Python("-from features.db -table scan -python")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, filepath.Join("testdata", "python", "scan.py"), text)
	if err := os.WriteFile(filepath.Join(dir, "scan.py"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

const showFrame = `
import json, os, sys
import numpy as np, pandas as pd
import scan

def plain(v):
    if v is None or v is pd.NA or v is pd.NaT:
        return None
    if isinstance(v, (pd.Timestamp, pd.Timedelta)):
        return str(v)
    if isinstance(v, np.ndarray):
        return [str(v.dtype)] + v.tolist()
    if isinstance(v, bytes):
        return v.hex()
    if isinstance(v, np.generic):
        v = v.item()
    if isinstance(v, float) and not np.isfinite(v):
        return str(v)
    return v

frame = scan.read("features 100%.db", *json.loads(sys.argv[1]))
assert list(frame.columns) == list(scan.DTYPES)
typed = frame.astype(scan.DTYPES).dtypes
for c in frame.columns:
    kind = "datetime64[ns, UTC]" if str(frame[c].dtype).startswith("datetime64[") else str(frame[c].dtype)
    assert str(typed[c]) == scan.DTYPES[c], c
    assert scan.DTYPES[c] == ("string" if kind == "category" else kind), c
left = [f for f in os.listdir() if f.startswith("features")]
assert len(left) == (3 if os.path.exists("features 100%.db-wal") else 1), left
json.dump({c: [str(frame[c].dtype)] + [plain(v) for v in frame[c]] for c in frame.columns}, sys.stdout)
`

func readFrame(t *testing.T, interpreter, dir string, args ...any) (frame map[string][]any) {
	t.Helper()
	if args == nil {
		args = []any{}
	}
	arg, err := json.Marshal(args)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(interpreter, "-c", showFrame, string(arg))
	cmd.Dir = dir
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	dec.UseNumber()
	if err := dec.Decode(&frame); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return frame
}

// TestPandasReadsWhatGoWrote writes rows with Go and reads them with pandas.
func TestPandasReadsWhatGoWrote(t *testing.T) {
	testtime.Minutes(t)
	at := time.Date(2024, 2, 3, 4, 5, 6, 123456789, time.UTC)
	full := scan{
		Subject: "sub-01", UID: "a", Note: to("ä \"quoted\""), OK: true, Maybe: to(false), I8: -8, I64: to(int64(1<<62 + 1)), U16: to(uint16(65535)),
		Digits: math.MaxUint64, Bytes: to(uint64(math.MaxUint64 - 1)), F32: 1.5, F64: math.Inf(1),
		S: at, Ms: &at, Us: at, Ns: &at, Text: &at, Took: to(90 * time.Second), Raw: []byte{0, 255}, Doc: map[string]int{"a": 1},
		V32: []float32{1, 2.5}, V64: [2]float64{3, -4},
	}
	bare := scan{Subject: "sub-01", UID: "b", F32: float32(math.NaN()), S: time.Unix(0, 0), Us: time.Unix(0, 0)}
	dir := scanFile(t, []scan{full, bare})
	interpreter := python(t)

	n := func(s string) json.Number { return json.Number(s) }
	want := map[string][]any{
		"subject":  {"category", "sub-01", "sub-01"},
		"uid":      {"string", "a", "b"},
		"note":     {"string", "ä \"quoted\"", nil},
		"ok":       {"bool", true, false},
		"maybe":    {"boolean", false, nil},
		"i8":       {"int8", n("-8"), n("0")},
		"i64":      {"Int64", n("4611686018427387905"), nil},
		"u16":      {"UInt16", n("65535"), nil},
		"digits":   {"uint64", n("18446744073709551615"), n("0")},
		"bytes":    {"UInt64", n("18446744073709551614"), nil},
		"f32":      {"float32", n("1.5"), "nan"},
		"f64":      {"float64", "inf", n("0.0")},
		"s":        {"datetime64[ns, UTC]", "2024-02-03 04:05:06+00:00", "1970-01-01 00:00:00+00:00"},
		"ms":       {"datetime64[ns, UTC]", "2024-02-03 04:05:06.123000+00:00", nil},
		"us":       {"datetime64[ns, UTC]", "2024-02-03 04:05:06.123456+00:00", "1970-01-01 00:00:00+00:00"},
		"ns":       {"datetime64[ns, UTC]", "2024-02-03 04:05:06.123456789+00:00", nil},
		"text":     {"datetime64[ns, UTC]", "2024-02-03 04:05:06.123456789+00:00", nil},
		"took":     {"timedelta64[ns]", "0 days 00:01:30", nil},
		"raw":      {"object", "00ff", nil},
		"doc":      {"object", map[string]any{"a": n("1")}, nil},
		"v32":      {"object", []any{"float32", n("1.0"), n("2.5")}, nil},
		"v \"64\"": {"object", []any{"float64", n("3.0"), n("-4.0")}, []any{"float64", n("0.0"), n("0.0")}},
	}
	got := readFrame(t, interpreter, dir)
	normal := func(m map[string][]any) map[string][]any { // pandas 2 keeps a time's unit
		for _, c := range m {
			if s, ok := c[0].(string); ok && strings.HasPrefix(s, "datetime64[") {
				c[0] = "datetime64[ns, UTC]"
			}
		}
		return m
	}
	if diff := cmp.Diff(want, normal(got)); diff != "" {
		t.Errorf("frame differs (-want +got):\n%s", diff)
	}
	if got := readFrame(t, interpreter, dir, "uid = ?", []string{"b"}); len(got["uid"]) != 2 || got["uid"][1] != "b" {
		t.Errorf("where: %v", got["uid"])
	}
	if got := readFrame(t, interpreter, dir, "0"); len(got) != len(want) || len(got["i64"]) != 1 || got["i64"][0] != "Int64" {
		t.Errorf("no rows: %v", got)
	}
}

// A time that the installed pandas cannot hold is an error, or the same time,
// and never another.
func TestPythonTimeRange(t *testing.T) {
	testtime.Seconds(t)
	dir := scanFile(t, []scan{{S: time.Unix(0, 0)}})
	interpreter := python(t)
	cmd := exec.Command(interpreter, "-c", "import scan; print(scan.read('features 100%.db')['us'][0])")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err == nil && !strings.HasPrefix(string(out), "0001-01-01 00:00:00") || err != nil && !strings.Contains(string(out), "OutOfBounds") {
		t.Errorf("%v\n%s", err, out)
	}
}

// Every module is Python, whatever the names.
func TestPythonCompiles(t *testing.T) {
	testtime.Seconds(t)
	table := Table{Name: "t\"\\\n'é", Source: "s", Columns: []Column{{Column: schema.Column{Name: "a\"\\\n\u2028😀{}", Type: schema.Bool}}}}
	text, err := table.Python("x\nimport os")
	if err != nil {
		t.Fatal(err)
	}
	interpreter := python(t)
	cmd := exec.Command(interpreter, "-c", "import ast, sys; tree = ast.parse(sys.stdin.read()); print([n.value.value for n in tree.body if isinstance(n, ast.Assign) and n.targets[0].id == 'TABLE'][0] == sys.argv[1])", table.Name)
	cmd.Stdin = strings.NewReader(string(text))
	if out, err := cmd.CombinedOutput(); err != nil || string(out) != "True\n" {
		t.Errorf("%v: %s\n%s", err, out, text)
	}
}

func TestPythonOfStruct(t *testing.T) {
	testtime.Seconds(t)
	tables, err := Binders{Dir: "testdata/golden/region", Types: "Region"}.Tables(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	text, err := tables[0].Python("-type Region -python")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, filepath.Join("testdata", "python", "region.py"), text)
}

// A file that a process is writing to is read with what is in its -wal.
func TestPythonOpenFile(t *testing.T) {
	testtime.Seconds(t)
	at := time.Unix(0, 0)
	dir := scanFile(t, []scan{{Subject: "sub-01", S: at, Us: at}})
	interpreter := python(t)
	db, err := sqlite3.Open(filepath.Join(dir, "features 100%.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Exec("UPDATE scan SET subject = 'sub-02'"); err != nil {
		t.Fatal(err)
	}
	if got := readFrame(t, interpreter, dir); len(got["subject"]) != 2 || got["subject"][1] != "sub-02" {
		t.Errorf("subject: %v", got["subject"])
	}
}
