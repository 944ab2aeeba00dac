package sqlite

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// drift is a difference between a table and a struct: columns as galley_columns
// has them, and the value of v in the table's rows.
type drift struct {
	from       string // an earlier form of the table, "" for none
	have, want string
	v          []any // nil for NULL
	// broken says that the condition which the policy makes does not hold.
	broken bool
	// filled says the same of Rebuild only.
	filled bool
}

// drifts are the rows of the table in docs/evolution.md.
var drifts = map[string][]drift{
	"columns in another order": {
		{have: "n int64; v int32", want: "v int32; n int64", v: []any{1, 2}}},
	"a new column that may be NULL or has a default": {
		{have: "n int64; v int32", want: "n int64; v int32; x text null", v: []any{1}},
		{have: "n int64; v int32", want: "n int64; v int32; x int64 default=7", v: []any{1}}},
	"a new column, NOT NULL without a default": {
		{have: "n int64; v int32", want: "n int64; v int32; x text"},
		{have: "n int64; v int32", want: "n int64; v int32; x text", v: []any{1}, broken: true}},
	"a column that the struct lacks": {
		{have: "n int64; v int32 null", want: "n int64", v: []any{nil, nil}},
		{have: "n int64; v int32 null", want: "n int64", v: []any{1, nil}, filled: true},
		{have: "n int64; v int32 default=7", want: "n int64", v: []any{1}, filled: true},
		{have: "n int64; v int32", want: "n int64", v: []any{1}, broken: true}},
	"a renamed column (tag `was=old`)": {
		{have: "n int64; v int32", want: "n int64; size int32 was=v", v: []any{1}}},
	"a wider type with the same storage (int32 to int64)": {
		{have: "n int64; v int32", want: "n int64; v int64", v: []any{1}}},
	"a wider type with other storage (int32 to float64)": {
		{have: "n int64; v int32", want: "n int64; v float64", v: []any{1}}},
	"a narrower or a different type": {
		{have: "n int64; v int64", want: "n int64; v int8", v: []any{1, -128}},
		{have: "n int64; v int64", want: "n int64; v text", v: []any{1}, broken: true},
		{have: "n int64; v int64", want: "n int64; v int8", v: []any{1, 128}, broken: true}},
	"NULL newly allowed, or no longer allowed": {
		{have: "n int64; v int32", want: "n int64; v int32 null", v: []any{1}},
		{have: "n int64; v int32 null", want: "n int64; v int32", v: []any{1}},
		{have: "n int64; v int32 null", want: "n int64; v int32", v: []any{1, nil}, broken: true}},
	"another key, CHECK or DEFAULT": {
		{have: "n int64; v int32", want: "n int64; v int32 default=7", v: []any{1}},
		{have: "n int64; v int32", want: `n int64; v int32 check="v > 0"`, v: []any{1}},
		{have: "n int64; v int32", want: `n int64; v int32 check="v > 0"`, v: []any{1, 0}, broken: true},
		{have: "n int64; v int32", want: "n int64; v int32 key", v: []any{1, 2}},
		{have: "n int64; v int32", want: "n int64; v int32 key", v: []any{1, 1}, broken: true},
		{have: "n int64; v int32 key", want: "n int64; v int32", v: []any{1}}},
	"`nan=null` that becomes `null`": {
		{have: "n int64; v float64 null nan=null", want: "n int64; v float64 null bare", v: []any{1.5, nil}}},
	"`nan=null` that becomes a pointer or an `sql.Null`": {
		{have: "n int64; v float64 null nan=null", want: "n int64; v float64 null", v: []any{1.5, nil}}},
	"a renamed column, if the table has columns under both names": {
		{have: "n int64; v int32; size int32", want: "n int64; size int32 was=v"}},
	"a new column under the old name of a column that the struct lacks": {
		{from: "n int64; v int32", have: "n int64; size int32 was=v", want: "n int64; v int32 null", v: []any{1}}},
	"a new index": {
		{have: "n int64; v int32", want: "n int64; v int32 index=i", v: []any{1}}},
	"an index that the struct lacks": {
		{have: "n int64; v int32 index=i", want: "n int64; v int32", v: []any{1}},
		{have: "n int64; v int32 index=i", want: "n int64 index=i; v int32", v: []any{1}, broken: true}},
	"a new unique group": {
		{have: "n int64; v int32", want: "n int64; v int32 unique=u", v: []any{1, 2}},
		{have: "n int64; v int32", want: "n int64; v int32 unique=u", v: []any{1, 1}, broken: true}},
	"a unique group that the struct lacks": {
		{have: "n int64 unique=u; v int32 null unique=u", want: "n int64", v: []any{nil}},
		{have: "n int64; v int32 unique=u", want: "n int64; v int32", v: []any{1}, broken: true}},
}

// columnsOf parses columns that are written as "name spec; name spec". A column
// whose spec ends with "bare" comes from a field that is not a pointer.
func columnsOf(t *testing.T, text string) *schema.Schema {
	t.Helper()
	var columns []schema.Column
	for _, text := range strings.Split(text, "; ") {
		name, spec, _ := strings.Cut(text, " ")
		spec, was, _ := strings.Cut(spec, " was=")
		spec, bare := strings.CutSuffix(spec, " bare")
		c, err := schema.ParseSpec(name, spec)
		if err != nil {
			t.Fatal(err)
		}
		c.Was, c.ZeroNull = was, bare
		columns = append(columns, c)
	}
	s, err := schema.New("t", columns)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// driftRows are numbered from 0, and have the values of v.
type driftRows []any

func (r driftRows) Len() int { return len(r) }
func (r driftRows) Bind(i int, w schema.Writer) error {
	w.Int64(0, int64(i))
	switch v := r[i].(type) {
	case int:
		w.Int64(1, int64(v))
	case float64:
		w.Float64(1, v)
	default:
		w.Null(1)
	}
	return nil
}

// TestPoliciesEqualTheirTable compares the table of docs/evolution.md with the effect of each
// policy.
func TestPoliciesEqualTheirTable(t *testing.T) {
	testtime.Seconds(t)
	text, err := os.ReadFile("../../docs/evolution.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "| difference | Strict | Additive | Rebuild | RebuildAndDrop |\n| --- | --- | --- | --- | --- |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	described := map[string]bool{}
	for _, line := range strings.Split(table, "\n") {
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		if len(cells) != 5 {
			t.Fatalf("the line has %d cells: %s", len(cells), line)
		}
		described[cells[0]] = true
		for i, how := range []store.Evolution{store.Strict, store.Additive, store.Rebuild, store.RebuildAndDrop} {
			if cells[1+i] == "likewise" {
				cells[1+i] = cells[i]
			}
			cell := cells[1+i]
			if len(drifts[cells[0]]) == 0 {
				t.Errorf("no test of %q", cells[0])
			}
			for _, d := range drifts[cells[0]] {
				t.Run(strings.Join([]string{cells[0], how.String(), d.want}, "/"), func(t *testing.T) { d.check(t, how, cell) })
			}
		}
	}
	for difference := range drifts {
		if !described[difference] {
			t.Errorf("docs/evolution.md has no row for %q", difference)
		}
	}
}

// check creates the table, evolves it and compares the result with a cell.
func (d drift) check(t *testing.T, how store.Evolution, cell string) {
	db := openTest(t, tempPath(t), Options{})
	have, want := columnsOf(t, d.have), columnsOf(t, d.want)
	first := store.Strict
	if d.from != "" {
		if err := db.Ensure(t.Context(), columnsOf(t, d.from), store.Strict); err != nil {
			t.Fatal(err)
		}
		first = store.Additive
	}
	if err := db.Ensure(t.Context(), have, first); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: have, Rows: driftRows(d.v)}); err != nil {
		t.Fatal(err)
	}
	before := dump(t, db)
	err := db.Ensure(t.Context(), want, how)
	verb, condition, _ := strings.Cut(strings.ReplaceAll(cell, ",", " "), " ")
	verb = strings.TrimSuffix(verb, ":")
	if broken := d.broken || d.filled && how == store.Rebuild; verb == "refused" || broken && strings.HasSuffix(condition, "otherwise refused") {
		var mismatch *store.MismatchError
		var row *store.RowError
		if !errors.As(err, &mismatch) && !errors.As(err, &row) && !errors.Is(err, store.ErrConstraint) {
			t.Errorf("%q: error is %v", cell, err)
		}
		if diff := cmp.Diff(before, dump(t, db)); diff != "" {
			t.Errorf("%q: the file changed (-before +after):\n%s", cell, diff)
		}
		return
	}
	if err != nil {
		t.Fatalf("%q: error is %v", cell, err)
	}
	now, err := db.Describe(t.Context(), "t")
	if err != nil {
		t.Fatal(err)
	}
	fits := len(schema.Diff(want, now)) == 0
	switch verb {
	case "ignored":
		if diff := cmp.Diff(before, dump(t, db)); diff != "" {
			t.Errorf("%q: the file changed (-before +after):\n%s", cell, diff)
		}
	case "kept":
		stays := slices.Equal(now.Columns(), have.Columns())
		if unless := strings.Contains(condition, "unless"); stays == (unless && d.broken) {
			t.Errorf("%q: the table had %v and has %v", cell, have.Columns(), now.Columns())
		}
	case "added", "dropped", "renamed", "recorded", "converted", "rebuilt", "created":
		if !fits {
			t.Errorf("%q: the table is %v", cell, now.Columns())
		}
	default:
		t.Errorf("%q: what is %q?", cell, verb)
	}
	if how >= store.Rebuild && verb != "ignored" && !fits {
		t.Errorf("%q: the table is %v", cell, now.Columns())
	}
	rows := 0
	if err := db.Query(t.Context(), store.Select{Schema: want}, func(schema.Reader) (bool, error) { rows++; return true, nil }); err != nil || rows != len(d.v) {
		t.Errorf("%q: %d rows, %v, want %d", cell, rows, err, len(d.v))
	}
}
