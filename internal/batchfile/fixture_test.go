package batchfile

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	sqlite3 "github.com/ncruces/go-sqlite3"
	"pgregory.net/rapid"

	"github.com/galley-db/galley/internal/record"
	"github.com/galley-db/galley/schema"
)

// sample is a table with rows of nil, int64, float64, string and []byte.
type sample struct {
	schema *schema.Schema
	rows   [][]any
}

func mustSchema(t tester, name string, specs ...string) *schema.Schema {
	t.Helper()
	columns := make([]schema.Column, len(specs))
	for i, spec := range specs {
		c, err := schema.ParseSpec(fmt.Sprintf("c%d", i), spec)
		if err != nil {
			t.Fatalf("%v", err)
		}
		columns[i] = c
	}
	s, err := schema.New(name, columns)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return s
}

type tester interface {
	Helper()
	Fatalf(format string, args ...any)
}

func write(w schema.Writer, row []any) {
	for i, v := range row {
		switch v := v.(type) {
		case nil:
			w.Null(i)
		case int64:
			w.Int64(i, v)
		case float64:
			w.Float64(i, v)
		case string:
			w.Text(i, v)
		case []byte:
			w.Blob(i, v)
		}
	}
}

// records are the rows as galley encodes them.
func (s sample) records(t tester) [][]byte {
	t.Helper()
	e := record.NewEncoder(s.schema.Columns(), 0)
	var recs [][]byte
	for i, row := range s.rows {
		e.Reset()
		write(e, row)
		if err := e.Err(); err != nil {
			t.Fatalf("row %d: %v", i, err)
		}
		recs = append(recs, e.AppendTo(nil))
	}
	return recs
}

// file is the batch file of the rows.
func (s sample) file(t tester, key string, at int64) []byte {
	t.Helper()
	w := NewWriter(s.schema)
	for _, rec := range s.records(t) {
		if err := w.Add(rec); err != nil {
			t.Fatalf("add: %v", err)
		}
	}
	data, err := w.Finish(key, at)
	if err != nil {
		t.Fatalf("finish: %v", err)
	}
	return data
}

func parse(t tester, data []byte) *File {
	t.Helper()
	var p Parser
	f, err := p.Parse(data)
	if err != nil {
		t.Fatalf("parse: %v", err)
	}
	return f
}

func exec(t tester, c *sqlite3.Conn, sql string) {
	t.Helper()
	if err := c.Exec(sql); err != nil {
		t.Fatalf("%.200s: %v", sql, err)
	}
}

// open opens a database, to be closed at the end.
func open(t *testing.T, path string) *sqlite3.Conn {
	t.Helper()
	c, err := sqlite3.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// engineRows are the rows of a table as the engine reads them.
func engineRows(t tester, c *sqlite3.Conn, table string) [][]any {
	t.Helper()
	st, _, err := c.Prepare("SELECT * FROM " + schema.SQLite().Quote(table) + " ORDER BY rowid")
	if err != nil {
		t.Fatalf("prepare: %v", err)
	}
	defer st.Close()
	var rows [][]any
	for st.Step() {
		row := make([]any, st.ColumnCount())
		for i := range row {
			switch st.ColumnType(i) {
			case sqlite3.INTEGER:
				row[i] = st.ColumnInt64(i)
			case sqlite3.FLOAT:
				row[i] = st.ColumnFloat(i)
			case sqlite3.TEXT:
				row[i] = st.ColumnText(i)
			case sqlite3.BLOB:
				row[i] = append([]byte{}, st.ColumnBlob(i, nil)...)
			}
		}
		rows = append(rows, row)
	}
	if err := st.Err(); err != nil {
		t.Fatalf("select: %v", err)
	}
	return rows
}

var integers = []int64{
	0, 1, -1, 2, 127, 128, -128, -129, 32767, 32768, -32768, -32769,
	1<<23 - 1, 1 << 23, -1 << 23, -1<<23 - 1, math.MaxInt32, math.MaxInt32 + 1, math.MinInt32, math.MinInt32 - 1,
	1<<47 - 1, 1 << 47, -1 << 47, -1<<47 - 1, math.MaxInt64, math.MinInt64,
}

var reals = []float64{0, 1, -1, 0.1, -2.5, 1e15, 1 << 47, 1 << 53, 1 << 62, math.Pi, 1e300, math.MaxFloat64, math.Inf(1), math.Inf(-1)}

func drawSample(t *rapid.T) sample {
	types := []string{"int64", "float64", "text", "blob", "int64 null", "float64 null", "text null", "blob null"}
	specs := rapid.SliceOfN(rapid.SampledFrom(types), 1, 12).Draw(t, "columns")
	if rapid.IntRange(0, 9).Draw(t, "wide") == 0 {
		for len(specs) < 300 {
			specs = append(specs, types[len(specs)%len(types)])
		}
	}
	s := sample{schema: mustSchema(t, "t'\"é", specs...)}
	rows := rapid.IntRange(0, 150).Draw(t, "rows")
	for range min(rows, 20_000/len(specs)/len(specs)+10) {
		row := make([]any, len(specs))
		for i, spec := range specs {
			if len(specs) > 100 {
				row[i] = map[byte]any{'i': int64(i), 'f': float64(i), 't': "x", 'b': []byte{1}}[spec[0]]
				continue
			}
			row[i] = drawValue(t, spec)
		}
		s.rows = append(s.rows, row)
	}
	return s
}

func drawValue(t *rapid.T, spec string) any {
	if strings.HasSuffix(spec, "null") && rapid.IntRange(0, 3).Draw(t, "null") == 0 {
		return nil
	}
	switch spec[0] {
	case 'i':
		return rapid.OneOf(rapid.SampledFrom(integers), rapid.Int64()).Draw(t, "int")
	case 'f':
		return rapid.OneOf(rapid.SampledFrom(reals), rapid.Float64Range(-1e9, 1e9)).Draw(t, "real")
	case 't':
		return strings.Repeat(rapid.SampledFrom([]string{"a", "'", "é"}).Draw(t, "unit"), drawLength(t))
	}
	return []byte(strings.Repeat("\x00\xff", drawLength(t)/2))
}

// drawLength is mostly short, and sometimes near the length at which headers
// grow, records overflow, or a chain gets another page.
func drawLength(t *rapid.T) int {
	if rapid.IntRange(0, 9).Draw(t, "long") > 0 {
		return rapid.IntRange(0, 70).Draw(t, "length")
	}
	edge := rapid.SampledFrom([]int{57, 126, 440, 489, 4061, 4092, 8184, 65500}).Draw(t, "edge")
	return max(0, edge+rapid.IntRange(-20, 20).Draw(t, "off"))
}

func tempDB(t *testing.T) string { return filepath.Join(t.TempDir(), "x.db") }
