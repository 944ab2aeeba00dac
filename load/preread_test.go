package load

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
)

// TestReadWhileInferred compares files that are read in the pass that infers their
// types with the same files read into the columns that Infer finds. Behind the first
// rows, which suggest the types, some have values of others.
func TestReadWhileInferred(t *testing.T) {
	testtime.Seconds(t)
	many := func(n int, head string, line func(i int) string) string {
		var b strings.Builder
		b.WriteString(head)
		for i := range n {
			b.WriteString(line(i) + "\n")
		}
		return b.String()
	}
	late := func(value string) string { // in the middle column of a row deep in the file
		return many(2400, "a,b,c\n", func(i int) string {
			if i == 2300 {
				return fmt.Sprintf("%d,%s,x%d", i, value, i)
			}
			return fmt.Sprintf("%d,%d.5,x%d", i, i, i)
		})
	}
	same := many(8500, "a,b,c\n", func(i int) string { return fmt.Sprintf("%d,%d.5,x%d", i, i%7, i%3) })
	for name, c := range map[string]struct {
		text string
		opts Options
		once bool // the file is read once
	}{
		"same":            {text: same, once: true},
		"packed":          {text: gzipped(t, same), once: true},
		"without header":  {text: strings.TrimPrefix(same, "a,b,c\n"), opts: Options{NoHeader: true}, once: true},
		"batch column":    {text: same, opts: Options{BatchColumn: "batch"}, once: true},
		"named type":      {text: same, opts: Options{Types: map[string]schema.Column{"a": {Name: "a", Type: schema.Int32}}}, once: true},
		"no rows":         {text: "a,b\n", once: true},
		"late text":       {text: late("much")},
		"late NaN":        {text: late("NaN")},
		"late NULL":       {text: late(""), once: true},
		"late quoted":     {text: late(`""`), once: true},
		"late word":       {text: late("NA"), opts: Options{Nulls: []string{"NA"}}, once: true},
		"late quoted NA":  {text: late(`"NA"`), opts: Options{Nulls: []string{"NA"}}, once: true},
		"late bool":       {text: many(2400, "a,b\n", func(i int) string { return fmt.Sprintf("%d,%s", i, "true1"[i/2300*4:][:4-i/2300*3]) })},
		"late number":     {text: late("9007199254740993")},
		"late width":      {text: late("1,2")},
		"late quote":      {text: late(`"1`)},
		"late bytes":      {text: late("\xff")},
		"bad text":        {text: strings.Replace(same, "8400,0.5,x0", "8400,0.5,\xff", 1)},
		"integers":        {text: many(2400, "a\n", func(i int) string { return fmt.Sprint(int64(i) / 2399 * (1<<53 + 1)) }), once: true},
		"integer, number": {text: many(2400, "a,b\n", func(i int) string { return fmt.Sprintf("%d,%d", int64(i)/2300*(1<<53+1), i) }) + "1.5,1\n"},
		"empty texts":     {text: many(2400, "a,b\n", func(i int) string { return fmt.Sprintf("%d,x", i) }) + "1,\"\"\n", once: true},
		"in parts":        {text: same, opts: Options{PartRows: 4000}},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "rows.csv")
			err := os.WriteFile(path, []byte(c.text), 0o600)
			if err != nil {
				t.Fatal(err)
			}
			c.opts.Table, c.opts.Sources = "t", []string{path}
			l := newLoading(nil, c.opts)
			defer l.close()
			if err := l.find(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := l.infer(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := l.sources[0].rows != nil; got != c.once {
				t.Errorf("read while inferred: %t, want %t", got, c.once)
			}
			twice := c.opts
			if twice.Schema, _, err = Infer(t.Context(), c.opts); err != nil {
				twice.Schema = l.tableOf(t) // Infer refuses a line that is not a row
			}
			for _, reject := range []bool{false, true} {
				if reject && c.once {
					continue // it has no bad row
				}
				if diff := cmp.Diff(outcomeOf(t, twice, reject), outcomeOf(t, c.opts, reject)); diff != "" {
					t.Errorf("rows rejected: %t (-in two passes +in one):\n%s", reject, diff)
				}
			}
		})
	}
}

// tableOf is the table that a second pass would infer.
func (l *loading) tableOf(t *testing.T) *schema.Schema {
	t.Helper()
	again := newLoading(nil, l.opts)
	defer again.close()
	err := again.find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s, err := again.infer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// outcome is what an import did.
type outcome struct {
	Rows     []string
	Rejected []string
	File     string
	Err      string
}

func outcomeOf(t *testing.T, opts Options, reject bool) (o outcome) {
	t.Helper()
	db := fixture.NewDB(t)
	if reject {
		opts.Reject = func(b BadRow) error {
			o.Rejected = append(o.Rejected, fmt.Sprintf("%d %q %v", b.Line, b.Text, b.Err))
			return nil
		}
	}
	res, err := Load(t.Context(), db, opts)
	if err != nil {
		t.Fatal(err)
	}
	f := res.Files[0]
	o.File, o.Err = fmt.Sprintf("%s %v %d %d %d", f.Key, f.Applied, f.Rows, f.Parts, f.BadRows), fmt.Sprint(f.Err)
	s, err := db.Describe(t.Context(), "t")
	if err != nil {
		t.Fatal(err)
	}
	if s != nil {
		o.Rows = append(jsonRows(t, db, s), fmt.Sprint(s.Columns()))
	}
	return o
}

// TestChangedContentIsSeen: what was read has the checksum that the file had first,
// however it is read.
func TestChangedContentIsSeen(t *testing.T) {
	dir := put(t, map[string]string{"a.csv": "a,b\n1,2\n", "a.jsonl": `{"a":1}`})
	for _, name := range []string{"a.csv", "a.jsonl"} {
		for _, infers := range []bool{true, false} {
			l := newLoading(fixture.NewDB(t), Options{Table: "t", Sources: []string{filepath.Join(dir, name)}})
			if err := l.find(t.Context()); err != nil {
				t.Fatal(err)
			}
			table, err := l.infer(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			l.table = table
			s := l.sources[0]
			if s.sum == "" {
				t.Errorf("%s: no checksum of what was read", name)
			}
			if !infers {
				s.rows = nil
			}
			s.fast++ // as of another content
			err = s.read(t.Context(), func() error { return l.whole(t.Context(), &File{Path: name, Key: name}, s) })
			if !errors.Is(err, ErrSourceChanged) {
				t.Errorf("%s, read while inferred: %t: %v, want %v", name, infers, err, ErrSourceChanged)
			}
			l.close()
		}
	}
}

// TestPlain: a float64 holds the numbers up to 2^53, and no NULL is a value.
func TestPlain(t *testing.T) {
	const most = 1<<53 - 1
	for _, c := range []struct {
		of   cells.Cells
		want bool
	}{
		{cells.Cells{Form: cells.AsInt, Ints: []int64{0, most, -most}}, true},
		{cells.Cells{Form: cells.AsInt, Ints: []int64{0, most + 1}}, false},
		{cells.Cells{Form: cells.AsInt, Ints: []int64{-most - 1, 0}}, false},
		{cells.Cells{Form: cells.AsInt, Ints: []int64{1, 0}, Nulls: []bool{false, true}}, false},
		{cells.Cells{Form: cells.AsFloat, Floats: []float64{1e300}}, true},
		{cells.Cells{Form: cells.AsFloat, Floats: []float64{0}, Nulls: []bool{true}}, false},
	} {
		if got := plain(&c.of); got != c.want {
			t.Errorf("%+v is plain: %t, want %t", c.of, got, c.want)
		}
	}
}
