package transfer

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// The recipe of docs/spool.md, run as it stands there, makes a batch that is
// collected.
func TestCollectWhatTheCommandLineWrote(t *testing.T) {
	for _, tool := range []string{"sqlite3", "sha256sum", "bash"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed", tool)
		}
	}
	s, db := newSpool(t), newDatabase(t)
	script := recipe(t)
	if !strings.Contains(script, "DIR=/shared/study.spool") {
		t.Fatalf("the recipe names no spool:\n%s", script)
	}
	script = strings.Replace(script, "DIR=/shared/study.spool", "DIR='"+s.Path()+"'", 1)
	run(t, exec.Command("bash", "-euc", script))
	if _, err := store.FindBatch(t.Context(), s, "aseg", "sub-01"); err != nil {
		t.Error(err)
	}
	if again := exec.Command("bash", "-euc", script); again.Run() == nil {
		t.Error("the same key was linked twice")
	}
	report := collect(t, db, s, CollectOptions{})
	if got, want := counts(report), "batches 1 rows 2 present 0 duplicates 0 aside 0 refused 0"; got != want {
		t.Errorf("report: %s, want %s: %v", got, want, report.Aside)
	}
	if got := value(t, db, `SELECT group_concat(subject || ' ' || coalesce(volume, 'none'), ', ') AS v FROM aseg`); got != "sub-01 4213.5, sub-01 none" {
		t.Errorf("rows: %s", got)
	}
	if got := value(t, db, `SELECT key || ' ' || rows || ' ' || (abs(at - unixepoch() * 1000000) < 3600000000) AS v FROM galley_batches`); got != "sub-01 2 1" {
		t.Errorf("ledger: %s", got)
	}
}

// recipe is the shell script at the end of docs/spool.md.
func recipe(t *testing.T) string {
	t.Helper()
	text := string(readFile(t, "../docs/spool.md"))
	_, rest, ok := strings.Cut(text, "\n    DIR=")
	if !ok {
		t.Fatal("docs/spool.md has no recipe")
	}
	var script strings.Builder
	for _, line := range strings.Split("    DIR="+rest, "\n") {
		if line = strings.TrimSuffix(line, " "); !strings.HasPrefix(line, "    ") {
			break
		}
		script.WriteString(line[4:] + "\n")
	}
	return script.String()
}

func run(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s%s", err, out, errs.String())
	}
	return string(out)
}

// python is an interpreter with pandas.
func python(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(name, "-c", "import pandas").Run() == nil {
			return name
		}
	}
	if os.Getenv("GALLEY_REQUIRE_PANDAS") != "" {
		t.Fatal("no Python has pandas: install python3-pandas")
	}
	t.Skip("no Python has pandas: install python3-pandas")
	return ""
}

func runPython(t *testing.T, script string, args ...string) string {
	t.Helper()
	client, err := filepath.Abs("../clients/python")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python(t), append([]string{"-c", script}, args...)...)
	cmd.Env = append(os.Environ(), "PYTHONPATH="+client, "PYTHONDONTWRITEBYTECODE=1")
	return run(t, cmd)
}

// The client's own tests, which need no Go.
func TestPythonClient(t *testing.T) {
	testtime.Minutes(t)
	cmd := exec.Command(python(t), "-m", "unittest", "discover", "-s", "tests")
	cmd.Dir = "../clients/python"
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	run(t, cmd)
}

const pythonSpecs = `
import galley
for kind in ("bool", "int8", "int64", "uint64", "float32", "float64", "text", "blob", "time", "time ms", "time rfc3339", "duration", "json", "vector32", "vector64 dim=2", "uint64 uint=text", "uint64 uint=blob"):
    for words in ("", "null", "key", "null key", "unique", "unique=g", "index=a-b", 'index="g"', 'unique="a \\\\ b"', "default=0", "default=-5", "default=300", "default=0.5", "default=1e39", "default=NULL",
            "null default=null", "default=TRUE", "default='x'", "default='é'", "default='2020-01-01T00:00:00.000000000Z'", "default='[1]'", "default='NaN'", "default=X'0011223344556677'", "default=X'00'", "default=X'0'",
            "default='00000000000000000001'", "default='99999999999999999999'", "default=x", "default=", 'check="a > 0"', "check=a<>''", 'check="(a"', 'check="a) OR (a"', 'check="a -- b"', 'check="a; b"',
            'check="a <> E\'\\\\\'"', "check=[a]>0", "check=$a", "uint=text", "uint=blob", "dim=1", "dim=01", "dim=999999999", "nan=null", "null nan=null", "batch", "null batch", "ms", "key key", 'index="a\tb"'):
        try:
            columns = galley._columns({"a": f"{kind} {words}"})
            galley._check_new("t", columns, columns)
            print(columns[0].spec)
        except galley.SchemaError:
            pass
`

// What Python takes for the columns of a table, galley can create: a batch of other
// columns would be acknowledged, and never be collected.
func TestPythonFixesNoColumnsThatCannotBe(t *testing.T) {
	specs := strings.Split(strings.TrimSpace(runPython(t, pythonSpecs)), "\n")
	if len(specs) < 150 {
		t.Errorf("%d specs were taken, want at least 150", len(specs))
	}
	for _, spec := range specs {
		c, err := schema.ParseSpec("a", spec)
		if err == nil {
			_, err = schema.New("t", []schema.Column{c})
		}
		if err != nil {
			t.Error(err)
		}
	}
}

const pythonWrites = `
import sys, datetime, galley, numpy as np, pandas as pd
sp = galley.Spool(sys.argv[1])
frame = pd.DataFrame({
    "flag": [True, False], "i8": np.array([-128, 127], "int8"), "u32": np.array([0, 2**32 - 1], "uint32"),
    "maybe": pd.array([2**53 + 1, None], dtype="Int64"), "f32": np.array([0.5, np.nan], "float32"), "f64": [2.0, np.inf],
    "name": ["é", None], "site": pd.Categorical(["x", "y"]), "when": pd.to_datetime(["2020-01-01T00:00:00.123456789", None], utc=True),
    "took": pd.to_timedelta([1, None], unit="ms"), "raw": [b"\0\xff", None], "meta": [{"a": [1, None]}, None],
    "vec": [np.array([1, 2], "float32"), None],
})
assert sp.append_once("frames", "k", frame)
assert not sp.append_once("frames", "k", frame)
assert sp.append_once("fixed", "k", [{"id": i, "big": 2**64 - 1, "at": datetime.datetime(1969, 1, 1, tzinfo=datetime.timezone.utc)} for i in range(500)],
    schema={"id": "int64 key", "big": "uint64 uint=text", "at": "time rfc3339", "of": "text batch"})
assert sp.append_once("region", "from python", [{"name": "a", "volume": 1, "voxels": 3}, {"name": "b", "volume": 0.5, "voxels": None}])
`

// Python's files are collected, also into a table that Go has made, and read
// again by Python.
func TestCollectWhatPythonWrote(t *testing.T) {
	testtime.Minutes(t)
	s, db := newSpool(t), newDatabase(t)
	openTable(t, s) // which fixes the columns of region
	runPython(t, pythonWrites, s.Path())
	fill(t, s, 3, "from go")
	report := collect(t, db, s, CollectOptions{})
	if got, want := counts(report), "batches 4 rows 507 present 0 duplicates 0 aside 0 refused 0"; got != want {
		t.Fatalf("report: %s, want %s: %v %v", got, want, report.Aside, report.Refused)
	}
	if got := value(t, db, `SELECT group_concat(name || ' ' || session || ' ' || typeof(volume), ', ') AS v FROM region WHERE session = 'from python'`); got != "a from python real, b from python real" {
		t.Errorf("region: %s", got)
	}
	if got := value(t, db, `SELECT count(*) || ' ' || min(big) || ' ' || min(at) || ' ' || min(of) AS v FROM fixed`); got != "500 18446744073709551615 1969-01-01T00:00:00.000000000Z k" {
		t.Errorf("fixed: %s", got)
	}
	out := runPython(t, `
import sys, galley
f = galley.read(sys.argv[1], "frames")
print(f.flag.tolist(), f.i8.tolist(), f.u32.tolist(), f.maybe[0], f.f32[0], f.f64.tolist(), f.name[0], f.site.tolist())
print(f.when[0].isoformat(), f.took[0], f.raw[0], f.meta[0], f.vec[0].tolist(), f.isna().sum().sum())
`, db.Path())
	want := "[True, False] [-128, 127] [0, 4294967295] 9007199254740993 0.5 [2.0, inf] é ['x', 'y']\n" +
		"2020-01-01T00:00:00.123456789+00:00 0 days 00:00:00.001000 b'\\x00\\xff' {'a': [1, None]} [1.0, 2.0] 8\n"
	if out != want {
		t.Errorf("read again:\n%swant\n%s", out, want)
	}
}

// Go's batch files are databases that Python reads.
func TestPythonReadsSpool(t *testing.T) {
	testtime.Seconds(t)
	s := newSpool(t)
	fill(t, s, 7, "a", "b")
	type wider struct {
		region
		Extra string `db:"extra,null"`
	}
	tab, err := table.Open[wider](t.Context(), s, table.Options[wider]{Name: "region", Evolve: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tab.AppendOnce(t.Context(), "c", []wider{{region{Name: "n"}, "more"}}); err != nil {
		t.Fatal(err)
	}
	out := runPython(t, `
import sys, galley
f = galley.read(sys.argv[1], "region")
print(len(f), sorted(set(f.session)), f.volume.sum(), f.voxels.isna().sum(), f.extra.notna().sum())
sp = galley.Spool(sys.argv[1])
print(sp.done("region", "a"), sp.missing("region", ["a", "x"]), list(sp.schema("region")))
`, s.Path())
	want := fmt.Sprintf("15 ['a', 'b', 'c'] %v 5 1\nTrue ['x'] ['session', 'name', 'volume', 'voxels', 'extra']\n", 2*(0+1+2+3+4+5+6)/4.0)
	if out != want {
		t.Errorf("got  %swant %s", out, want)
	}
}
