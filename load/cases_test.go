package load

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/export"
	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// step is an import, and what its error says; no texts for success.
type step struct {
	source string
	errs   []string
}

func imports(source string) step               { return step{source: source} }
func fails(source string, errs ...string) step { return step{source: source, errs: errs} }

// casesOfUse are inputs of real use that were once read wrong, refused without a
// reason or never read to their end. Parquet files are in testdata/cases.
var casesOfUse = []struct {
	name    string
	files   map[string]string
	steps   []step
	columns []string // of the table at the end, nil for no table
	rows    []string // as JSON
}{
	{
		name: "LZ4_RAW with required columns", steps: []step{imports("lz4raw-required.parquet")},
		columns: []string{"id int64"},
	},
	{
		name: "LZ4_RAW with optional columns", steps: []step{imports("lz4raw-null.parquet")},
		columns: []string{"id int64 null"},
	},
	{
		name: "CSV with carriage returns only", files: map[string]string{"a.csv": "a,b\r1,2\r3,4\r"}, steps: []step{imports("a.csv")},
		columns: []string{"a int64", "b int64"}, rows: []string{`{"a":1,"b":2}`, `{"a":3,"b":4}`},
	},
	{
		name: "CSV with integers beyond int64", files: map[string]string{"a.csv": "id\n12345678901234567890\n12345678901234567891\n"}, steps: []step{imports("a.csv")},
		columns: []string{"id text"}, rows: []string{`{"id":"12345678901234567890"}`, `{"id":"12345678901234567891"}`},
	},
	{
		name: "JSON with integers beyond int64", files: map[string]string{"a.jsonl": "{\"id\":12345678901234567890}\n{\"id\":12345678901234567891}\n"}, steps: []step{imports("a.jsonl")},
		columns: []string{"id json"}, rows: []string{`{"id":12345678901234567890}`, `{"id":12345678901234567891}`},
	},
	{
		name: "CSV with a large integer and a fraction", files: map[string]string{"a.csv": "v\n9007199254740993\n0.5\n"}, steps: []step{imports("a.csv")},
		columns: []string{"v text"}, rows: []string{`{"v":"9007199254740993"}`, `{"v":"0.5"}`},
	},
	{
		name: "CSV with a large integer and a NaN", files: map[string]string{"a.csv": "id\n9007199254740993\nNaN\n"}, steps: []step{imports("a.csv")},
		columns: []string{"id text"}, rows: []string{`{"id":"9007199254740993"}`, `{"id":"NaN"}`},
	},
	{
		name: "JSON with a large integer and a fraction", files: map[string]string{"a.jsonl": "{\"v\":9007199254740993}\n{\"v\":0.5}\n"}, steps: []step{imports("a.jsonl")},
		columns: []string{"v json"}, rows: []string{`{"v":9007199254740993}`, `{"v":0.5}`},
	},
	{
		name: "a large integer into a column of floats", files: map[string]string{"a.csv": "v\n0.5\n", "b.csv": "v\n9007199254740993\n", "c.jsonl": `{"v":9007199254740993}`},
		steps:   []step{imports("a.csv"), fails("b.csv", "line 2", `"v"`, "9007199254740993"), fails("c.jsonl", "line 1", `"v"`, "9007199254740993")},
		columns: []string{"v float64"}, rows: []string{`{"v":0.5}`},
	},
	{
		name: "JSON array with a large integer", files: map[string]string{"a.jsonl": `{"ids":[9007199254740993,1]}`}, steps: []step{imports("a.jsonl")},
		columns: []string{"ids json"}, rows: []string{`{"ids":[9007199254740993,1]}`},
	},
	{
		name: "JSON array with null", files: map[string]string{"a.jsonl": `{"v":[1,null,3]}`}, steps: []step{imports("a.jsonl")},
		columns: []string{"v json"}, rows: []string{`{"v":[1,null,3]}`},
	},
	{
		name: "JSON that is not Unicode", files: map[string]string{"a.jsonl": "{\"s\":\"J\xe9\\n\"}", "b.jsonl": "{\"s\":\"J\xe9\"}"},
		steps: []step{fails("a.jsonl", "a.jsonl: line 1", "not valid Unicode"), fails("b.jsonl", "b.jsonl: line 1", "not valid Unicode")},
	},
	{
		name: "JSON with a key twice", files: map[string]string{"a.jsonl": `{"a":1,"a":2}`, "b.jsonl": "{\"a\":1}\n", "c.jsonl": `{"a":5,"A":6}`, "d.jsonl": "{\"a\":1,\"a\":2}\n{\"b\":3}\n"},
		steps:   []step{fails("a.jsonl", "line 1", `"a"`), imports("b.jsonl"), fails("c.jsonl", "line 1", `"A"`), fails("d.jsonl", "line 1", `"a"`)},
		columns: []string{"a int64"}, rows: []string{`{"a":1}`},
	},
	{
		name: "codes into a column of integers", files: map[string]string{"a.csv": "zip\n10001\n", "b.csv": "zip\n00601\n+7\n"},
		steps:   []step{imports("a.csv"), fails("b.csv", "line 2", "00601")},
		columns: []string{"zip int64"}, rows: []string{`{"zip":10001}`},
	},
	{
		name: "Parquet with times of several units", steps: []step{imports("time-ms.parquet time-us.parquet")},
		columns: []string{"v time us null"}, rows: []string{`{"v":"2024-01-01T00:00:00.123Z"}`, `{"v":"2024-01-01T00:00:00.123456Z"}`},
	},
	{
		name: "Parquet with dates and times", steps: []step{imports("date.parquet time-us-2.parquet")},
		columns: []string{"v time us null"},
	},
	{
		name: "Parquet with microseconds and nanoseconds", steps: []step{imports("time-us.parquet time-ns.parquet")},
		columns: []string{"v time ns null"},
	},
	{
		name: "a finer time into a column of microseconds", files: map[string]string{"a.csv": "ts\n2024-01-01 00:00:00.123456\n", "b.csv": "ts\n2024-01-02 00:00:00.123456789\n"},
		steps:   []step{imports("a.csv"), fails("b.csv", "line 2", `"ts"`, "123456789")},
		columns: []string{"ts time us"}, rows: []string{`{"ts":"2024-01-01T00:00:00.123456Z"}`},
	},
	{
		name: "CSV with nanoseconds and the year 9999", files: map[string]string{"a.csv": "v\n2024-01-01T00:00:00.123456789Z\n9999-12-31\n"}, steps: []step{imports("a.csv")},
		columns: []string{"v text"}, rows: []string{`{"v":"2024-01-01T00:00:00.123456789Z"}`, `{"v":"9999-12-31"}`},
	},
	{
		name: "CSV with 12 digits of a second", files: map[string]string{"a.csv": "d\n2024-01-01T00:00:00.123456789123Z\n2024-01-01T00:00:00.123456789124Z\n"}, steps: []step{imports("a.csv")},
		columns: []string{"d text"}, rows: []string{`{"d":"2024-01-01T00:00:00.123456789123Z"}`, `{"d":"2024-01-01T00:00:00.123456789124Z"}`},
	},
	{
		name: "Parquet with bytes, then text", steps: []step{imports("blob.parquet text.parquet")},
		columns: []string{"v blob null"}, rows: []string{`{"v":"YWI="}`, `{"v":"YWJjZA=="}`},
	},
	{
		name: "Parquet with text, then bytes", steps: []step{imports("text.parquet blob.parquet")},
		columns: []string{"v blob null"}, rows: []string{`{"v":"YWJjZA=="}`, `{"v":"YWI="}`},
	},
	{
		name: "an import that fails leaves no table", files: map[string]string{"a.csv": "a,b\n1,2,\n4,5,\n", "b.csv": "a,b\n1,2\n4,5\n"},
		steps:   []step{fails("a.csv", "line 2", "3 fields where the header has 2"), imports("b.csv")},
		columns: []string{"a int64", "b int64"}, rows: []string{`{"a":1,"b":2}`, `{"a":4,"b":5}`},
	},
	{
		name: "JSON array and pretty JSON", files: map[string]string{"a.json": `[{"a":1},{"a":2}]`, "pretty.json": "{\n  \"a\": 1\n}\n", "empty.jsonl": "", "csv.jsonl": "a,b\n1,2\n"},
		steps:   []step{imports("a.json"), imports("pretty.json"), imports("empty.jsonl"), fails("csv.jsonl", "line 1")},
		columns: []string{"a int64"}, rows: []string{`{"a":1}`, `{"a":2}`, `{"a":1}`},
	},
	{
		name: "an empty file of JSON Lines", files: map[string]string{"empty.jsonl": ""}, steps: []step{fails("empty.jsonl", "empty.jsonl", "no object")},
	},
	{
		name: "files that are not text", files: map[string]string{"utf16.csv": "\xff\xfea\x00,\x00b\x00\n\x001\x00,\x002\x00\n\x00", "zip.csv": "PK\x03\x04\x14\x00", "xz.csv": "\xfd7zXZ\x00\x00\x04", "b.csv": "BZh91AY", "p.csv": "PAR1\x00\x00PAR1", "folder/a.csv": "a\n1\n"},
		steps: []step{fails("utf16.csv", "utf16.csv", "UTF-16", "iconv"), fails("zip.csv", "zip.csv", "zip archive"), fails("xz.csv", "xz.csv", "xz"), fails("b.csv", "b.csv", "bzip2"), fails("p.csv", "p.csv", "Parquet"), fails("folder", "folder", "it is a folder")},
	},
	{
		name: "one file by two names", files: map[string]string{"a.csv": "a\n1\n"}, steps: []step{imports("a.csv ./a.csv"), imports("a.csv")},
		columns: []string{"a int64"}, rows: []string{`{"a":1}`},
	},
	{
		name: "quoted numbers and a quoted nothing", files: map[string]string{"a.csv": "\"a\",\"b\"\n\"1\",\"\"\n\"2\",\"3\"\n"}, steps: []step{imports("a.csv")},
		columns: []string{"a int64", "b int64 null"}, rows: []string{`{"a":1,"b":null}`, `{"a":2,"b":3}`},
	},
	{
		name: "a quote that does not end", files: map[string]string{"header.csv": "\n\n\"a,b\n1,2\n", "row.csv": "a,b\n1,\"2\n"},
		steps: []step{fails("header.csv", "header.csv: line 3: a quoted field"), fails("row.csv", "the first in line 2: a quoted field")},
	},
	{
		name: "CSV that ends within its last line end", files: map[string]string{"a.csv": "a,b\r\n1,x\r\n2,y\r", "b.csv": "a,b\r\n3,\"z\"\r"}, steps: []step{imports("a.csv b.csv")},
		columns: []string{"a int64", "b text"}, rows: []string{`{"a":1,"b":"x"}`, `{"a":2,"b":"y"}`, `{"a":3,"b":"z"}`},
	},
	{
		name: "FLOAT16", steps: []step{imports("float16.parquet")}, columns: []string{"x float32 null nan=null"},
	},
	{
		name: "INTERVAL", steps: []step{fails("interval.parquet", "INTERVAL")},
	},
	{
		name: "a page of NULL alone", steps: []step{imports("null-page-v2.parquet")},
		columns: []string{"value float32 null nan=null"}, rows: []string{`{"value":null}`},
	},
	{
		name: "JSON with a control character", files: map[string]string{"a.jsonl": "{\"s\":\"tab\tin\"}", "b.jsonl": "{\"s\":\"tab\tin\"}\n{\"s\":\"x\"}"},
		steps: []step{fails("a.jsonl", "line 1"), fails("b.jsonl", "line 1")},
	},
	{
		name: "hexadecimal digits that look like an exponent", files: map[string]string{"a.csv": "hex\n557e90\n314659\n"}, steps: []step{imports("a.csv")},
		columns: []string{"hex float64"}, rows: []string{`{"hex":5.57e+92}`, `{"hex":314659}`},
	},
	{
		name: "folders that say a column", files: map[string]string{"p=1/a.csv": "v\n1\n", "p=2/a.csv": "v\n2\n"}, steps: []step{imports("p=*/a.csv")},
		columns: []string{"v int64", "p int64 null"}, rows: []string{`{"v":1,"p":1}`, `{"v":2,"p":2}`},
	},
	{
		name: "folders that say a column that the file has", files: map[string]string{"p=x/a.csv": "p,v\n1.5,1\n", "p=y/a.jsonl": "{\"p\":2.5,\"v\":2}"}, steps: []step{imports("p=*/a.*")},
		columns: []string{"p float64", "v int64"}, rows: []string{`{"p":1.5,"v":1}`, `{"p":2.5,"v":2}`},
	},
	{
		name: "folders that say what objects lack", files: map[string]string{"p=7/a.jsonl": "{\"p\":2.5,\"v\":1}\n{\"v\":2}"}, steps: []step{imports("p=*/a.jsonl")},
		columns: []string{"p float64", "v int64"}, rows: []string{`{"p":2.5,"v":1}`, `{"p":7,"v":2}`},
	},
	{
		name: "folders that say a column which the table lacks", files: map[string]string{"a.csv": "v\n1\n", "p=2/a.csv": "v\n2\n", "q=3/a.jsonl": "{\"v\":3}"},
		steps:   []step{imports("a.csv"), fails("p=2/a.csv", "p=2", "the table lacks"), fails("q=3/a.jsonl", "q=3", "the table lacks")},
		columns: []string{"v int64"}, rows: []string{`{"v":1}`},
	},
	{
		name: "records of commas", files: map[string]string{"a.csv": "a,b\n1,2\n" + strings.Repeat(",", 1<<20) + "\n", "quoted.csv": "a,b\n\"1\"" + strings.Repeat(",", 1<<20) + "\n"},
		steps: []step{fails("a.csv", "line 3", "32768 fields or more where the header has 2"), fails("quoted.csv", "line 2", "32768 fields or more")},
	},
	{
		name: "folders that say one column twice", files: map[string]string{"p=1/p=2/a.csv": "v\n1\n"},
		steps: []step{fails("p=1/p=2/a.csv", "both p=1 and p=2")},
	},
	{
		name: "what is not JSON", files: map[string]string{"a.jsonl": `{"n":NaN}`, "b.jsonl": `{"n":1.}`, "c.jsonl": `{"n":.5}`, "d.jsonl": `{"b":t}`},
		steps: []step{fails("a.jsonl", "line 1"), fails("b.jsonl", "line 1"), fails("c.jsonl", "line 1"), fails("d.jsonl", "line 1")},
	},
	{
		name: "a header with spaces in its names", steps: []step{imports("header-spaces.parquet")}, columns: []string{"a int32 null", "A  int32 null"},
	},
}

// TestCasesOfUse: each of them is read right, or refused for a reason that names the
// file, the line and the value.
func TestCasesOfUse(t *testing.T) {
	for _, test := range casesOfUse {
		t.Run(test.name, func(t *testing.T) {
			dir := put(t, nil)
			for name, text := range test.files {
				write(t, filepath.Join(dir, name), text)
			}
			db := fixture.NewDB(t)
			for _, step := range test.steps {
				opts := Options{Table: "t", Base: dir}
				for _, name := range strings.Fields(step.source) {
					at := filepath.Join(dir, name)
					if strings.HasSuffix(name, ".parquet") {
						at = filepath.Join("testdata", "cases", name)
					}
					opts.Sources = append(opts.Sources, at)
				}
				res, err := Load(t.Context(), db, opts)
				said := ""
				if err != nil {
					said = err.Error()
				} else {
					for _, f := range res.Files {
						if f.Err != nil {
							said += f.Path + ": " + f.Err.Error()
						}
					}
				}
				if (said != "") != (len(step.errs) > 0) || slices.ContainsFunc(step.errs, func(text string) bool { return !strings.Contains(said, text) }) {
					t.Errorf("%s: error %q, want one with %q", step.source, said, step.errs)
				}
			}
			s, err := db.Describe(t.Context(), "t")
			if err != nil {
				t.Fatal(err)
			}
			var columns []string
			if s != nil {
				for _, c := range s.Columns() {
					columns = append(columns, c.Name+" "+c.Spec())
				}
			}
			if diff := cmp.Diff(test.columns, columns); diff != "" {
				t.Errorf("columns (-want +got):\n%s", diff)
			}
			if rows := jsonRows(t, db, s); test.rows != nil {
				if diff := cmp.Diff(test.rows, rows); diff != "" {
					t.Errorf("rows (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// write writes a file, and the folder that it is in.
func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// jsonRows are the rows of a table, as JSON.
func jsonRows(t *testing.T, db store.Backend, s *schema.Schema) []string {
	t.Helper()
	if s == nil {
		return nil
	}
	dir := t.TempDir()
	_, err := export.Write(t.Context(), db, export.Options{Dir: dir, Format: export.JSONLines, Tables: []export.Table{{Name: s.Name()}}})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, s.Name()+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// TestCasesOfLZ4 holds the values of Parquet packed by LZ4_RAW, which DuckDB reads
// the same.
func TestCasesOfLZ4(t *testing.T) {
	db := fixture.NewDB(t)
	if res, err := Load(t.Context(), db, Options{Table: "t", Sources: []string{"testdata/cases/lz4raw-required.parquet"}}); err != nil || res.Failed() > 0 {
		t.Fatal(err, res)
	}
	s, err := db.Describe(t.Context(), "t")
	if err != nil {
		t.Fatal(err)
	}
	seen, least, sum := map[int64]bool{}, int64(0), int64(0)
	for _, line := range jsonRows(t, db, s) {
		var row struct{ ID int64 }
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		if seen[row.ID] = true; len(seen) == 1 || row.ID < least {
			least = row.ID
		}
		sum += row.ID
	}
	if len(seen) != 200 || least != 145583074570740 || sum != 910138006594266006 {
		t.Errorf("%d numbers, the least %d, sum %d; want 200, 145583074570740 and 910138006594266006", len(seen), least, sum)
	}
}
