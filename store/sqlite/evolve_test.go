package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	sqlite3 "github.com/ncruces/go-sqlite3"
	"pgregory.net/rapid"

	"github.com/galley-db/galley/internal/evolve"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// grid are rows of any schema: by column nil, bool, int64, uint64 (of a
// uint=text or uint=blob column), float64, string, []byte or time.Time.
type grid struct {
	columns []schema.Column
	rows    [][]any
}

func (g grid) Len() int { return len(g.rows) }

func (g grid) Bind(i int, w schema.Writer) error {
	for k, v := range g.rows[i] {
		switch v := v.(type) {
		case nil:
			w.Null(k)
		case bool:
			w.Bool(k, v)
		case int64:
			w.Int64(k, v)
		case uint64:
			if g.columns[k].Uint == schema.UintText {
				w.Text(k, fmt.Sprintf("%020d", v))
			} else {
				w.Blob(k, big.NewInt(0).SetUint64(v).FillBytes(make([]byte, 8)))
			}
		case float64:
			w.Float64(k, v)
		case string:
			w.Text(k, v)
		case []byte:
			w.Blob(k, v)
		case time.Time:
			w.Time(k, v)
		}
	}
	return nil
}

// readGrid reads a table as the values that grid has.
func readGrid(db *DB, s *schema.Schema) (rows [][]any, err error) {
	err = db.Query(context.Background(), store.Select{Schema: s}, func(r schema.Reader) (bool, error) {
		row := make([]any, len(s.Columns()))
		for i, c := range s.Columns() {
			row[i] = readCell(r, i, c)
		}
		rows = append(rows, row)
		return true, nil
	})
	return rows, err
}

func readCell(r schema.Reader, i int, c schema.Column) any {
	switch {
	case r.IsNull(i):
		return nil
	case c.Uint == schema.UintText:
		n, err := strconv.ParseUint(r.Text(i), 10, 64)
		if err != nil {
			return err
		}
		return n
	case c.Uint == schema.UintBlob:
		return new(big.Int).SetBytes(r.Blob(i)).Uint64()
	}
	switch c.Type {
	case schema.Bool:
		return r.Bool(i)
	case schema.Float32, schema.Float64:
		return r.Float64(i)
	case schema.Text, schema.JSON:
		return r.Text(i)
	case schema.Blob:
		return append([]byte{}, r.Blob(i)...)
	case schema.Time:
		return r.Time(i)
	}
	return r.Int64(i)
}

// The values that a column may be given.
var (
	someInts   = []int64{0, 1, -1, 127, 128, -129, 1 << 31, 1<<53 + 1, math.MaxInt64, math.MinInt64}
	someFloats = []float64{0, 1, -1, 0.5, 0.1, 255, 1 << 31, 1 << 53, 1e300, math.Inf(1), -math.Inf(1), 1 << 63}
	someTimes  = []time.Time{time.Unix(0, 0).UTC(), time.Unix(1, 0).UTC(), time.Unix(-1, 5e6).UTC(), time.Unix(1e9, 123456789).UTC()}
	someTexts  = []string{"", "a", "{}", "[1,2]", "ü", strings.Repeat("long ", 100)}
	someUints  = []uint64{0, 1, 200, math.MaxInt64, math.MaxInt64 + 1, math.MaxUint64}
)

func valueOf(t *rapid.T, c schema.Column) any {
	if c.Nullable && rapid.Bool().Draw(t, "null") {
		return nil
	}
	switch {
	case c.Uint != schema.UintInt:
		return rapid.SampledFrom(someUints).Draw(t, "uint")
	case c.Type == schema.Bool:
		return rapid.Bool().Draw(t, "bool")
	case c.Type == schema.Float64:
		return rapid.SampledFrom(someFloats).Draw(t, "float")
	case c.Type == schema.Float32:
		return float64(float32(rapid.SampledFrom(someFloats).Draw(t, "float")))
	case c.Type == schema.Text:
		return rapid.SampledFrom(someTexts).Draw(t, "text")
	case c.Type == schema.JSON:
		return rapid.SampledFrom(someTexts[2:4]).Draw(t, "json")
	case c.Type == schema.Blob:
		return []byte(rapid.SampledFrom(someTexts).Draw(t, "blob"))
	case c.Type == schema.Time:
		at := rapid.SampledFrom(someTimes).Draw(t, "time")
		if c.Unit == schema.RFC3339 {
			return at
		}
		n, _ := c.UnixTime(at)
		return c.TimeOf(n)
	}
	n := rapid.SampledFrom(someInts).Draw(t, "int")
	for !inRange(big.NewInt(n), c.Type) {
		n = n / 3 // toward 0
		if n < 0 && c.Type >= schema.Uint8 && c.Type <= schema.Uint64 {
			n = -n
		}
	}
	return n
}

// inRange reports whether an integer type has a number.
func inRange(n *big.Int, t schema.Type) bool {
	bits := map[schema.Type]uint{schema.Int8: 7, schema.Int16: 15, schema.Int32: 31, schema.Int64: 63, schema.Duration: 63,
		schema.Uint8: 8, schema.Uint16: 16, schema.Uint32: 32, schema.Uint64: 63}[t]
	high := new(big.Int).Lsh(big.NewInt(1), bits)
	low := new(big.Int).Neg(high)
	if t >= schema.Uint8 && t <= schema.Uint64 {
		low.SetInt64(0)
	}
	return n.Cmp(low) >= 0 && n.Cmp(high) < 0
}

// converted is what becomes of a value in another column, by arithmetic of its
// own; false where it does not come out the same.
func converted(v any, from, to schema.Column) (any, bool) {
	if v == nil {
		return nil, to.Nullable
	}
	number := new(big.Rat)
	switch v := v.(type) {
	case string:
		return v, to.Type == schema.Text || to.Type == schema.JSON && json.Valid([]byte(v))
	case []byte:
		return v, to.Type == schema.Blob
	case time.Time:
		if to.Type != schema.Time {
			return nil, false
		}
		unit := map[schema.TimeUnit]time.Duration{schema.Seconds: time.Second, schema.Millis: time.Millisecond,
			schema.Micros: time.Microsecond, schema.Nanos: 1, schema.RFC3339: 1}[to.Unit]
		return v, v.Truncate(unit).Equal(v)
	case bool:
		if v {
			number.SetInt64(1)
		}
	case int64:
		number.SetInt64(v)
	case uint64:
		number.SetInt(new(big.Int).SetUint64(v))
	case float64:
		if math.IsInf(v, 0) {
			return v, to.Type == schema.Float32 || to.Type == schema.Float64
		}
		number.SetFloat64(v)
	}
	switch {
	case to.Uint != schema.UintInt:
		return number.Num().Uint64(), number.IsInt() && number.Num().IsUint64()
	case to.Type == schema.Float64:
		x, exact := number.Float64()
		return x, exact
	case to.Type == schema.Float32:
		x, exact := number.Float32()
		return float64(x), exact
	case to.Type == schema.Bool:
		one := number.Cmp(big.NewRat(1, 1)) == 0
		return one, one || number.Sign() == 0
	case to.Type == schema.Text, to.Type == schema.JSON, to.Type == schema.Blob, to.Type == schema.Time:
		return nil, false
	}
	return number.Num().Int64(), number.IsInt() && inRange(number.Num(), to.Type)
}

var fuzzTypes = []schema.Type{schema.Bool, schema.Int8, schema.Int32, schema.Int64, schema.Uint8, schema.Uint32,
	schema.Uint64, schema.Float32, schema.Float64, schema.Text, schema.Blob, schema.Time, schema.Duration, schema.JSON}

// schemaGen makes tables of a column id, sometimes the key, and others out of
// a few names, so that two of them share some.
func schemaGen(t *rapid.T, was bool) *schema.Schema {
	id := schema.Column{Name: "id", Type: schema.Int64, Key: rapid.IntRange(0, 4).Draw(t, "key") > 0}
	if rapid.IntRange(0, 4).Draw(t, "unique") == 0 {
		id.Unique = "u"
	}
	columns := []schema.Column{id}
	names := rapid.Permutation([]string{"a", "b", "c", "d", "E", "select"}).Draw(t, "names")
	for _, name := range names[:rapid.IntRange(0, len(names)).Draw(t, "n")] {
		c := schema.Column{Name: name, Type: rapid.SampledFrom(fuzzTypes).Draw(t, "type"), Nullable: rapid.IntRange(0, 3).Draw(t, "nullable") > 0}
		if rapid.Bool().Draw(t, "usual") {
			c.Type = schema.Float64
		}
		switch c.Type {
		case schema.Time:
			c.Unit = rapid.SampledFrom([]schema.TimeUnit{schema.Micros, schema.Seconds, schema.Millis, schema.Nanos, schema.RFC3339}).Draw(t, "unit")
		case schema.Uint64:
			c.Uint = rapid.SampledFrom([]schema.UintPolicy{schema.UintInt, schema.UintText, schema.UintBlob}).Draw(t, "uint")
		case schema.Float64:
			if rapid.IntRange(0, 3).Draw(t, "default") == 0 {
				c.Default = "2.5"
			}
		case schema.Text:
			c.Default = rapid.SampledFrom([]string{"", "'it''s'"}).Draw(t, "default")
		}
		c.Index = rapid.SampledFrom([]string{"", "", "", "i", "j", "by " + name}).Draw(t, "index")
		if was && rapid.IntRange(0, 3).Draw(t, "renamed") == 0 {
			c.Was = rapid.SampledFrom([]string{"a", "b", "d"}).Draw(t, "was")
		}
		columns = append(columns, c)
	}
	s, err := schema.New("fuzzed", columns)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestEvolveFuzz takes random pairs of schemas, plans, applies, and reads all
// values back: each is what it was, or the change is refused and the file is
// as before.
func TestEvolveFuzz(t *testing.T) {
	testtime.Minutes(t)
	ctx := context.Background()
	outcomes := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp("", "galley")
		if err != nil {
			rt.Fatal(err)
		}
		defer os.RemoveAll(dir)
		path := filepath.Join(dir, "test.db")
		db, err := Open(ctx, path, Options{CacheKiB: 1000})
		if err != nil {
			rt.Fatal(err)
		}
		defer db.Close()

		old, s := schemaGen(rt, false), schemaGen(rt, true)
		how := rapid.SampledFrom([]store.Evolution{store.Additive, store.RebuildAndDrop}).Draw(rt, "policy")
		if err := db.Ensure(ctx, old, store.Strict); err != nil {
			rt.Fatal(err)
		}
		g := grid{columns: old.Columns()}
		for i := range rapid.SampledFrom([]int{0, 1, 3, 60}).Draw(rt, "rows") {
			row := []any{int64(i)}
			for _, c := range old.Columns()[1:] {
				row = append(row, valueOf(rt, c))
			}
			g.rows = append(g.rows, row)
		}
		if _, err := store.Insert(ctx, db, &store.Batch{Schema: old, Rows: g}); err != nil {
			rt.Fatal(err)
		}
		before := dumpFile(rt, path)
		plan, refused := evolve.Changes(s, old, how)
		err = db.Ensure(ctx, s, how)

		want, possible := evolved(g, old, s, how)
		possible = possible && len(refused) == 0
		if (err == nil) != possible {
			rt.Fatalf("Ensure: %v; possible: %v\nplan %v\nrefused %v", err, possible, plan, refused)
		}
		if err != nil {
			outcomes[fmt.Sprint(how, " refused")]++
			var mismatch *store.MismatchError
			var row *store.RowError
			if !errors.As(err, &mismatch) && !errors.As(err, &row) || !strings.Contains(err.Error(), `table "fuzzed"`) {
				rt.Fatalf("error %v names no table, or no row", err)
			}
			if diff := cmp.Diff(before, dumpFile(rt, path)); diff != "" {
				rt.Fatalf("refused with %v, and the file has changed (-before +after):\n%s", err, diff)
			}
			return
		}
		outcomes[fmt.Sprint(how, " done")]++
		got, err := readGrid(db, s)
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("plan %v: rows (-want +got):\n%s", plan, diff)
		}
		settled(rt, db, path, old, s, how, plan)
	})
	t.Log(outcomes)
	for _, outcome := range []string{"Additive done", "Additive refused", "RebuildAndDrop done", "RebuildAndDrop refused"} {
		if outcomes[outcome] == 0 {
			t.Errorf("never %s: the test proves nothing of it", outcome)
		}
	}
}

// evolved are the rows as the new schema has them.
func evolved(g grid, old, s *schema.Schema, how store.Evolution) (rows [][]any, possible bool) {
	from := make([]int, len(s.Columns()))
	claimed := map[int]bool{}
	for i, c := range s.Columns() {
		from[i] = -1
		at, ok := old.Column(c.Name)
		if _, byName := s.Column(c.Was); !ok && !byName {
			at, ok = old.Column(c.Was)
		}
		if ok && !claimed[at] {
			from[i], claimed[at] = at, true
		}
	}
	for _, row := range g.rows {
		var out []any
		for i, c := range s.Columns() {
			if from[i] < 0 {
				var v any
				switch {
				case c.Default == "2.5":
					v = 2.5
				case c.Default != "":
					v = "it's"
				case !c.Nullable:
					return nil, false
				}
				out = append(out, v)
				continue
			}
			v, ok := converted(row[from[i]], old.Columns()[from[i]], c)
			if !ok {
				return nil, false
			}
			out = append(out, v)
		}
		rows = append(rows, out)
	}
	return rows, true // both have id
}

// settled checks what else must hold after a change: the file says what the
// table is, its indexes are those, and nothing is left to be done.
func settled(t *rapid.T, db *DB, path string, old, s *schema.Schema, how store.Evolution, plan []schema.Change) {
	ctx := context.Background()
	have, err := db.Describe(ctx, s.Name())
	if err != nil {
		t.Fatal(err)
	}
	if make, refuse := evolve.Changes(s, have, how); len(make)+len(refuse) > 0 {
		t.Fatalf("there would still be %v, refused %v", make, refuse)
	}
	after := dumpFile(t, path)
	for _, again := range []struct {
		s   *schema.Schema
		how store.Evolution
	}{{s, how}, {have, store.Strict}} {
		if err := db.Ensure(ctx, again.s, again.how); err != nil {
			t.Fatalf("Ensure again: %v", err)
		}
	}
	if diff := cmp.Diff(after, dumpFile(t, path)); diff != "" {
		t.Fatalf("there was something left to be done (-before +after):\n%s", diff)
	}
	var want, got []string
	for _, g := range have.Indexes() {
		want = append(want, have.IndexName(g.Name))
	}
	c, err := sqlite3.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	st, _, err := c.Prepare("SELECT name FROM sqlite_schema WHERE type = 'index' AND name LIKE '%idx%'")
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	for st.Step() {
		got = append(got, st.ColumnText(0))
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("indexes (-want +got):\n%s", diff)
	}
	gains := func(c schema.Change) bool {
		return c.Kind == schema.Added || c.Kind == schema.IndexAdded || c.Kind == schema.UniqueAdded
	}
	if how == store.Additive && !slices.ContainsFunc(plan, func(c schema.Change) bool { return !gains(c) }) && !lacksRenamed(s, old) {
		if err := db.Ensure(ctx, old, store.Additive); err != nil {
			t.Fatalf("the older writer opens its table again: %v", err)
		}
	}
}

// lacksRenamed reports that a group of old's holds a column of another name now.
func lacksRenamed(s, old *schema.Schema) bool {
	_, refused := evolve.Changes(old, s, store.Additive)
	return slices.ContainsFunc(refused, func(c schema.Change) bool { return c.Kind != schema.Dropped })
}

// dumpFile returns everything in the database, through a plain connection.
func dumpFile(t interface{ Fatal(...any) }, path string) string {
	c, err := sqlite3.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var b strings.Builder
	read := func(sql string) {
		s, _, err := c.Prepare(sql)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		for s.Step() {
			for i := range s.ColumnCount() {
				fmt.Fprintf(&b, "%v %q ", s.ColumnType(i), s.ColumnText(i))
			}
			b.WriteByte('\n')
		}
		if err := s.Err(); err != nil {
			t.Fatal(err)
		}
	}
	read("SELECT type, name, sql FROM sqlite_schema ORDER BY 1, 2")
	var tables []string
	s, _, err := c.Prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
	if err != nil {
		t.Fatal(err)
	}
	for s.Step() {
		tables = append(tables, s.ColumnText(0))
	}
	_ = s.Close()
	for _, name := range tables {
		read("SELECT " + schema.SQLite().Literal(name) + ", * FROM " + sqlite3.QuoteIdentifier(name))
	}
	return b.String()
}
