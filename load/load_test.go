package load

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/store"
)

// put writes files into a folder of their own.
func put(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write([]byte(text))
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func zstandard(t *testing.T, text string) string {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(w.EncodeAll([]byte(text), nil))
}

func TestLoadFiles(t *testing.T) {
	dir := put(t, map[string]string{
		"a.csv":      "\ufeffsubject,name,volume,count\r\ns1,\"x, \"\"y\"\"\",1.5,7\r\n\r\ns1,z,2,\r\n",
		"b.csv.gz":   gzipped(t, "count,volume,name,subject\n3,1,x,s2\n"),
		"c.jsonl":    `{"subject":"s3","name":"x","volume":1e3,"count":null}` + "\n" + `{"name":"\u00e9","subject":"s3","volume":2}` + "\n",
		"d.json.zst": zstandard(t, `{"subject":"s4","name":"x","volume":0.5,"count":12}`),
		"e.tsv":      "subject\tname\tvolume\ns5\ta,b\t9\n",
	})
	db := fixture.NewDB(t)
	fixture.NewTable(t, db, "region", []fixture.Region(nil))
	sources := []string{filepath.Join(dir, "*.csv*"), filepath.Join(dir, "*.json*"), filepath.Join(dir, "e.tsv"), filepath.Join(dir, "a.csv")}
	load := func() *Report {
		t.Helper()
		res, err := Load(t.Context(), db, Options{Table: "region", Sources: sources, Workers: 3})
		if err != nil {
			t.Fatal(err)
		}
		if res.Failed() > 0 {
			t.Fatalf("failed: %+v", res.Files)
		}
		return res
	}
	if res := load(); res.Rows() != 7 || len(res.Files) != 5 {
		t.Errorf("%d rows of %d files, want 7 of 5", res.Rows(), len(res.Files))
	}
	want := []fixture.Region{
		{Subject: "s1", Name: `x, "y"`, Volume: 1.5, Count: fixture.Int(7)}, {Subject: "s1", Name: "z", Volume: 2, Count: nil}, {Subject: "s2", Name: "x", Volume: 1, Count: fixture.Int(3)}, {Subject: "s3", Name: "x", Volume: 1000, Count: nil},
		{Subject: "s3", Name: "é", Volume: 2, Count: nil}, {Subject: "s4", Name: "x", Volume: 0.5, Count: fixture.Int(12)}, {Subject: "s5", Name: "a,b", Volume: 9, Count: nil},
	}
	got := fixture.All[fixture.Region](t, db, "region")
	slices.SortStableFunc(got, func(a, b fixture.Region) int { return strings.Compare(a.Subject, b.Subject) })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if res := load(); res.Rows() != 0 || res.Files[0].Applied {
		t.Errorf("the second time: %d rows, applied %t; want nothing", res.Rows(), res.Files[0].Applied)
	}
}

func TestLoadBadRows(t *testing.T) {
	dir := put(t, map[string]string{
		"a.csv": "subject,name,volume,count\ns1,x,1,1\ns1,y,much,1\ns1,z,3\n\"s1\ntwo lines\",q,1,1\ns1,w,5,1.5\n",
		"b.csv": "subject,name,volume,count\ns2,x,1,1\n",
		"c.csv": "subject,name,volume,count,sex,age\ns2,x,1,1,f,3\n",
		"d.csv": "",
		"e.csv": "subject,name,volume\ns9,x,\n",
		"f.csv": "subject,name,volume\ns9,\"x\n",
		"g.jsonl": `{"subject":"s8","name":"x","volume":1}` + "\n" + `{"subject":"s8"` + "\n" +
			`{"subject":"s8","name":"z","volume":"1","more":2}` + "\n" + `{"subject":"s8","name":4,"volume":1}` + "\n",
	})
	db := fixture.NewDB(t)
	fixture.NewTable(t, db, "region", []fixture.Region(nil))
	opts := Options{Table: "region", Sources: []string{filepath.Join(dir, "*")}, Key: filepath.Base}
	res, err := Load(t.Context(), db, opts)
	if err != nil {
		t.Fatal(err)
	}
	if res.Failed() != 6 || res.Rows() != 1 {
		t.Errorf("%d failed, %d rows; want 6 and 1", res.Failed(), res.Rows())
	}
	var lines []string
	for _, f := range res.Files {
		for _, b := range f.Bad {
			lines = append(lines, fmt.Sprintf("%s:%d", f.Key, b.Line))
		}
	}
	if diff := cmp.Diff([]string{"a.csv:3", "a.csv:4", "a.csv:7", "e.csv:2", "f.csv:2", "g.jsonl:2", "g.jsonl:3", "g.jsonl:4"}, lines); diff != "" {
		t.Errorf("bad rows (-want +got):\n%s", diff)
	}
	if err := res.Files[0].Err; !errors.Is(err, ErrBadRows) || !errors.Is(err, cells.ErrValue) {
		t.Errorf("a.csv: %v, want %v and %v", err, ErrBadRows, cells.ErrValue)
	}
	var header *formats.HeaderError
	if !errors.As(res.Files[2].Err, &header) || !slices.Equal(header.Unknown, []string{"sex", "age"}) {
		t.Errorf("c.csv: %v, want a HeaderError that names sex and age", res.Files[2].Err)
	}
	if got := fixture.All[fixture.Region](t, db, "region"); len(got) != 1 {
		t.Errorf("%d rows are stored, want those of b.csv", len(got))
	}
	// Once rejected, the bad rows do not keep the good ones out.
	var aside []string
	opts.Reject = func(b BadRow) error {
		aside = append(aside, fmt.Sprintf("%s:%d %s", filepath.Base(b.File), b.Line, b.Text))
		return nil
	}
	if res, err = Load(t.Context(), db, opts); err != nil {
		t.Fatal(err)
	}
	if res.Rows() != 3 || res.Failed() != 2 { // c and d have no rows to choose from
		t.Errorf("%d rows, %d failed, want 3 and 2", res.Rows(), res.Failed())
	}
	if len(aside) != 8 || aside[0] != "a.csv:3 s1,y,much,1" {
		t.Errorf("put aside: %q", aside)
	}
}

// A row that only the table refuses fails its file, whole, with its line.
func TestLoadConstraint(t *testing.T) {
	dir := put(t, map[string]string{"a.csv": "subject,name,volume\ns1,x,1\ns1,y,2\ns1,x,3\n"})
	db := fixture.NewDB(t)
	fixture.NewTable(t, db, "region", []fixture.Region(nil))
	opts := Options{Table: "region", Sources: []string{filepath.Join(dir, "a.csv")}}
	res, err := Load(t.Context(), db, opts)
	if err != nil {
		t.Fatal(err)
	}
	if f := res.Files[0]; !errors.Is(f.Err, store.ErrConstraint) || len(f.Bad) != 1 || f.Bad[0].Line != 4 {
		t.Errorf("%v, bad %v; want line 4", f.Err, f.Bad)
	}
	if got := fixture.All[fixture.Region](t, db, "region"); len(got) != 0 {
		t.Errorf("%d rows are stored, want none", len(got))
	}
}

// A long file is stored in parts; an interruption leaves some of them, and
// the next run adds the others. A file that changed in between is refused.
func TestLoadParts(t *testing.T) {
	type row struct{ A, B int64 }
	var csv strings.Builder
	csv.WriteString("a,b\n")
	for i := range 30_000 {
		fmt.Fprintf(&csv, "%d,%d\n", i, i*i)
	}
	dir := put(t, map[string]string{"long.csv": csv.String(), "bad.csv": csv.String() + "x,y\n"})
	path := filepath.Join(dir, "long.csv")
	db := fixture.NewDB(t)
	tbl := fixture.NewTable(t, db, "t", []row(nil))
	count := func() int64 {
		t.Helper()
		n, err := tbl.Count(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	opts := Options{Table: "t", Sources: []string{path}, PartRows: 8192}
	stopped := &fixture.Stopping{Backend: db, After: 2}
	res, err := Load(t.Context(), stopped, opts)
	if err != nil {
		t.Fatal(err)
	}
	if !errors.Is(res.Files[0].Err, fixture.ErrEnough) || count() != 2*8192 {
		t.Errorf("%v, %d rows; want %v and 16384", res.Files[0].Err, count(), fixture.ErrEnough)
	}
	changed := strings.Replace(csv.String(), "\n5,25\n", "\n5,26\n", 1)
	if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	if res, err = Load(t.Context(), db, opts); err != nil || !errors.Is(res.Files[0].Err, ErrSourceChanged) {
		t.Errorf("%v, %v; want %v", err, res.Files[0].Err, ErrSourceChanged)
	}
	if err := os.WriteFile(path, []byte(csv.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if res, err = Load(t.Context(), db, opts); err != nil || res.Files[0].Err != nil || count() != 30_000 {
			t.Errorf("%v, %v, %d rows; want 30000", err, res.Files[0].Err, count())
		}
	}
	for i, r := range fixture.All[row](t, db, "t") {
		if r != (row{int64(i), int64(i) * int64(i)}) {
			t.Fatalf("row %d is %v", i, r)
		}
	}
	opts.Sources = []string{filepath.Join(dir, "bad.csv")}
	if res, err = Load(t.Context(), db, opts); err != nil || !errors.Is(res.Files[0].Err, ErrBadRows) || count() != 30_000 {
		t.Errorf("%v, %v, %d rows; want %v and nothing stored", err, res.Files[0].Err, count(), ErrBadRows)
	}
}

func TestInfer(t *testing.T) {
	dir := put(t, map[string]string{
		"line.json":  `[{"a":1},{"a":2,"b":"x"}]`,
		"line2.json": `{"a":1,"b":"y"}`,
		"a.csv":      "id,code,size,when,day,ok,name,empty,nan\n1,007,1,2020-02-24T18:00:00,2020-01-01,true,a,,1\n2,012,2.5,2020-02-25 18:00:00.123456789,2020-01-02,false,,,NaN\n",
		"b.csv":      "id,code,size,when,day,ok,name,empty,nan,late\n-3,x,3,,2020-01-03,TRUE,b,,2,5\n",
		"c.jsonl":    `{"i":1,"f":1,"s":"2","t":"2020-01-01T00:00:00Z","b":true,"v":[1,2.5],"j":{"a":1},"m":1}` + "\n" + `{"i":2,"f":1.5,"s":"x","t":null,"b":false,"v":[],"j":[{}],"m":"x"}`,
	})
	for _, test := range []struct {
		pattern string
		want    []string
	}{
		{"*.csv", []string{
			"id int64", "code text", "size float64", "when time ns null", "day time us", "ok bool", "name text null",
			"empty text null", "nan float64 null nan=null", "late int64 null",
		}},
		{"line*.json", []string{"a int64", "b text null"}},
		{"*.jsonl", []string{"i int64", "f float64", "s text", "t time us null", "b bool", "v vector64", "j json", "m json"}},
	} {
		s, inferred, err := Infer(t.Context(), Options{Table: "t", Sources: []string{filepath.Join(dir, test.pattern)}})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for i, c := range s.Columns() {
			got = append(got, c.Name+" "+c.Spec())
			if inferred[i].Name != c.Name || inferred[i].Type != c.Spec() || inferred[i].Why == "" {
				t.Errorf("column %d: %+v, want name, type and reason of %s", i, inferred[i], c.Name)
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.pattern, diff)
		}
		db := fixture.NewDB(t)
		res, err := Load(t.Context(), db, Options{Table: "t", Sources: []string{filepath.Join(dir, test.pattern)}})
		if err != nil || res.Failed() > 0 {
			t.Errorf("%s: %v, %+v", test.pattern, err, res)
		}
	}
}

// The real daily files: leading zeros are text, times without a zone are UTC.
func TestLoadDaily(t *testing.T) {
	header := "data,stato,codice_regione,denominazione_regione,lat,deceduti,note"
	dir := put(t, map[string]string{
		"dpc-1.csv": header + "\n2020-02-24T18:00:00,ITA,13,Abruzzo,42.35122196,0,\n2020-02-24T18:00:00,ITA,07,Liguria,44.41,1,\n",
		"dpc-2.csv": header + ",nuovi\n2021-02-24T18:00:00,ITA,13,Abruzzo,42.35122196,2,\"a, b\",4\n",
	})
	type day struct {
		Data                 time.Time
		Stato                string
		CodiceRegione        string `db:"codice_regione"`
		DenominazioneRegione string `db:"denominazione_regione"`
		Lat                  float64
		Deceduti             int64
		Note                 *string
	}
	db := fixture.NewDB(t)
	fixture.NewTable(t, db, "regioni", []day(nil))
	res, err := Load(t.Context(), db, Options{Table: "regioni", Sources: []string{filepath.Join(dir, "*.csv")}})
	if err != nil {
		t.Fatal(err)
	}
	var header2 *formats.HeaderError
	if res.Files[0].Err != nil || !errors.As(res.Files[1].Err, &header2) || !slices.Equal(header2.Unknown, []string{"nuovi"}) {
		t.Errorf("%v; %v, want a HeaderError that names nuovi", res.Files[0].Err, res.Files[1].Err)
	}
	got := fixture.All[day](t, db, "regioni")
	if len(got) != 2 || got[1].CodiceRegione != "07" || got[0].Note != nil || got[0].Data.UTC().Hour() != 18 {
		t.Errorf("rows: %+v", got)
	}
}

func TestLoadRefused(t *testing.T) {
	db := fixture.NewDB(t)
	dir := put(t, map[string]string{"a.xlsx": "", "a.parquet": "PAR1 no", "b.parquet": ""})
	for _, test := range []struct {
		source string
		want   error
	}{{"nothing*.csv", ErrNoSource}, {"a.xlsx", formats.ErrFormat}, {"a.parquet", formats.ErrFormat}, {"b.parquet", formats.ErrFormat}} {
		if _, err := Load(t.Context(), db, Options{Table: "t", Sources: []string{filepath.Join(dir, test.source)}}); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.source, err, test.want)
		}
	}
	if s, err := db.Describe(t.Context(), "t"); s != nil || err != nil {
		t.Errorf("a table was made: %v, %v", s, err)
	}
}
