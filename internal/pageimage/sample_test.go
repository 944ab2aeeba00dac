package pageimage

import (
	"fmt"
	"math"
	"strings"

	"github.com/google/go-cmp/cmp"
	sqlite3 "github.com/ncruces/go-sqlite3"
	"pgregory.net/rapid"

	"github.com/galley-db/galley/internal/record"
	"github.com/galley-db/galley/schema"
)

// sample is a table with rows of nil, bool, int64, float64, string and []byte.
type sample struct {
	columns []schema.Column
	rows    [][]any
	file    File // for more pages than keep, nil for none
	keep    int
}

// create is the CREATE TABLE statement of the sample's columns.
func (s sample) create(name string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE TABLE %q(", name)
	for i, c := range s.columns {
		if i > 0 {
			b.WriteString(", ")
		}
		kind := "INTEGER"
		switch c.Type {
		case schema.Float64:
			kind = "REAL"
		case schema.Text:
			kind = "TEXT"
		case schema.Blob:
			kind = "BLOB"
		}
		fmt.Fprintf(&b, "%q %s", c.Name, kind)
		if !c.Nullable {
			b.WriteString(" NOT NULL")
		}
	}
	b.WriteString(") STRICT")
	return b.String()
}

func write(w schema.Writer, row []any) {
	for i, v := range row {
		switch v := v.(type) {
		case nil:
			w.Null(i)
		case bool:
			w.Bool(i, v)
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

// images lays the rows out in parts of the given lengths; the last part has
// all that remain.
func (s sample) images(t tester, name string, parts ...int) []*Image {
	t.Helper()
	b, err := NewBuilder(name, s.create(name))
	if err != nil {
		t.Fatalf("builder: %v", err)
	}
	e := record.NewEncoder(s.columns, 0)
	var images []*Image
	finish := func() {
		images = append(images, b.Finish())
		if s.file != nil {
			b.Spill(s.file, s.keep)
		}
	}
	if s.file != nil {
		b.Spill(s.file, s.keep)
	}
	for i, row := range s.rows {
		if len(parts) > 0 && b.Rows() == parts[0] {
			finish()
			parts = parts[1:]
		}
		e.Reset()
		write(e, row)
		if err := e.Err(); err != nil {
			t.Fatalf("row %d: %v", i, err)
		}
		// Both ways into an image take turns.
		if i%2 == 0 && !b.Add(e) || i%2 == 1 && !b.AddRecord(e.AppendTo(nil)) {
			t.Fatalf("row %d is refused", i)
		}
	}
	finish()
	return images
}

// check stores the rows in table t by image and in table ref by parameters,
// and compares the results.
func (s sample) check(t tester, c *sqlite3.Conn, slot *Slot, parts ...int) {
	t.Helper()
	exec(t, c, `DROP TABLE IF EXISTS t; DROP TABLE IF EXISTS ref`)
	exec(t, c, s.create("t"))
	exec(t, c, s.create("ref"))
	images := s.images(t, "t", parts...)
	defer func() {
		for _, m := range images {
			m.Release()
		}
	}()
	if err := slot.Serve(images...); err != nil {
		t.Fatalf("serve: %v", err)
	}
	if err := Refresh(c, "batch"); err != nil {
		t.Fatalf("refresh: %v", err)
	}
	if got := query(t, c, `PRAGMA batch.integrity_check(5)`); got[0] != "ok" {
		t.Fatalf("integrity_check of the image: %q", got)
	}
	transfer(t, c, "t", len(s.rows))
	s.reference(t, c)
	if got := query(t, c, `PRAGMA main.integrity_check(5)`); got[0] != "ok" {
		t.Errorf("integrity_check of the file: %q", got)
	}
	for from := 0; from < len(s.columns); from += 200 {
		part := s.columns[from:min(from+200, len(s.columns))]
		if diff := cmp.Diff(dump(t, c, "ref", part), dump(t, c, "t", part)); diff != "" {
			t.Fatalf("columns %d… by image (-bound +image):\n%.2000s", from, diff)
		}
	}
}

// transfer moves what batch has into the table of the same name.
func transfer(t tester, c *sqlite3.Conn, name string, rows int) {
	t.Helper()
	exec(t, c, `BEGIN IMMEDIATE`)
	exec(t, c, fmt.Sprintf(`INSERT INTO main.%q SELECT * FROM batch.%[1]q`, name))
	if got := c.Changes(); got != int64(rows) {
		t.Errorf("changes = %d, want %d", got, rows)
	}
	exec(t, c, `COMMIT`)
}

// reference stores the rows by bound parameters.
func (s sample) reference(t tester, c *sqlite3.Conn) {
	t.Helper()
	insert := prepare(t, c, `INSERT INTO ref VALUES (?`+strings.Repeat(",?", len(s.columns)-1)+`)`)
	defer insert.Close()
	exec(t, c, `BEGIN IMMEDIATE`)
	w := &binding{stmt: insert}
	for i, row := range s.rows {
		write(w, row)
		w.keep(insert.Exec())
		if w.err != nil {
			t.Fatalf("reference row %d: %v", i, w.err)
		}
	}
	exec(t, c, `COMMIT`)
}

// dump is the type and the literal of every cell of these columns.
func dump(t tester, c *sqlite3.Conn, table string, columns []schema.Column) []string {
	t.Helper()
	var b strings.Builder
	b.WriteString(`SELECT concat_ws(' ', rowid`)
	for _, c := range columns {
		fmt.Fprintf(&b, `, typeof(%q), quote(%[1]q)`, c.Name)
	}
	fmt.Fprintf(&b, ") FROM main.%q ORDER BY rowid", table)
	return query(t, c, b.String())
}

var integers = []int64{
	0, 1, -1, 2, 127, 128, -128, -129, 32767, 32768, -32768, -32769,
	1<<23 - 1, 1 << 23, -1 << 23, -1<<23 - 1, math.MaxInt32, math.MaxInt32 + 1, math.MinInt32, math.MinInt32 - 1,
	1<<47 - 1, 1 << 47, -1 << 47, -1<<47 - 1, math.MaxInt64, math.MinInt64,
}

var reals = []float64{
	0, math.Copysign(0, -1), 1, -1, 0.1, -2.5, 1e15, 1 << 47, 1 << 53, 1 << 62, math.MaxInt64, math.Pi, 1e300,
	math.MaxFloat64, math.SmallestNonzeroFloat64, math.Inf(1), math.Inf(-1),
}

// drawSample draws a table of up to width columns and depth rows.
func drawSample(t *rapid.T, width, depth int) sample {
	types := []schema.Type{schema.Int64, schema.Bool, schema.Float64, schema.Text, schema.Blob}
	var s sample
	for i := range rapid.IntRange(1, width).Draw(t, "columns") {
		s.columns = append(s.columns, schema.Column{
			Name:     fmt.Sprintf("c%d", i),
			Type:     rapid.SampledFrom(types).Draw(t, "type"),
			Nullable: rapid.Bool().Draw(t, "nullable"),
		})
	}
	for range rapid.IntRange(0, depth).Draw(t, "rows") {
		row := make([]any, len(s.columns))
		for i, c := range s.columns {
			row[i] = drawValue(t, c)
		}
		s.rows = append(s.rows, row)
	}
	return s
}

func drawValue(t *rapid.T, c schema.Column) any {
	if c.Nullable && rapid.IntRange(0, 3).Draw(t, "null") == 0 {
		return nil
	}
	switch c.Type {
	case schema.Bool:
		return rapid.Bool().Draw(t, "bool")
	case schema.Int64:
		return rapid.OneOf(rapid.SampledFrom(integers), rapid.Int64()).Draw(t, "int")
	case schema.Float64:
		return rapid.OneOf(rapid.SampledFrom(reals), rapid.Float64()).Draw(t, "real")
	case schema.Text:
		return strings.Repeat(drawUnit(t), drawLength(t))
	}
	return []byte(strings.Repeat("\x00\xff", drawLength(t)/2))
}

func drawUnit(t *rapid.T) string {
	return rapid.SampledFrom([]string{"a", "b", "'", "é"}).Draw(t, "unit")
}

// drawLength is mostly short, and now and then about the length at which
// headers grow or pages end: the destination's and the image's.
func drawLength(t *rapid.T) int {
	if rapid.IntRange(0, 9).Draw(t, "long") > 0 {
		return rapid.IntRange(0, 70).Draw(t, "length")
	}
	edge := rapid.SampledFrom([]int{57, 126, 8150, 16384, maxLocal, maxLocal + overflow, minLocal + overflow}).Draw(t, "edge")
	return max(0, edge+rapid.IntRange(-20, 20).Draw(t, "off"))
}
