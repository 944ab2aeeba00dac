package profile

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/galley-db/galley/cmd/galley/internal/sheet"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

type row struct {
	Name  string
	X     float64
	Twice float64  `db:"twice"`
	Minus float64  `db:"minus"`
	N     int64    `db:"n"`
	Opt   *float64 `db:"opt"`
	Same  int64    `db:"same"`
	Good  bool     `db:"good"`
	At    time.Time
}

func profiled(t *testing.T, rows []row) *Profile {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "test.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tbl, err := table.Open(t.Context(), db, table.Options[row]{})
	if err != nil {
		t.Fatal(err)
	}
	if err := tbl.Append(context.Background(), rows); err != nil {
		t.Fatal(err)
	}
	p, err := Of(t.Context(), db, tbl.Schema(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestProfile(t *testing.T) {
	var rows []row
	for i := range 101 {
		x := float64(i)
		r := row{Name: fmt.Sprintf("name-%d", i%3), X: x, Twice: 2*x + 1e9, Minus: -x, N: int64(i % 5), Same: 7, Good: i%4 == 0, At: time.Unix(int64(i), 0)}
		if i%2 == 0 {
			r.Opt = &x
		}
		if i == 50 {
			r.Minus = math.Inf(-1)
		}
		rows = append(rows, r)
	}
	p := profiled(t, rows)
	by := map[string]Column{}
	for _, c := range p.Columns {
		by[c.Name] = c
	}
	deviation := math.Sqrt(101 * 102 / 12.0)
	near := cmpopts.EquateApprox(0, 1e-9)
	x := by["x"]
	x.Bins = nil
	mean := realNumber(50, 64)
	want := Column{Name: "x", Type: "float64", Distinct: 101, Min: "0", Max: "100", highest: 100, Mean: &mean, StdDev: &deviation}
	for _, q := range []float64{5, 25, 50, 75, 95} {
		want.Quantile = append(want.Quantile, realNumber(q, 64))
	}
	exported := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".number" }, cmp.Ignore())
	if diff := cmp.Diff(want, x, cmp.AllowUnexported(Column{}, Number{}), exported, near); diff != "" {
		t.Errorf("x (-want +got):\n%s", diff)
	}
	if bins := by["n"].Bins; len(bins) != 5 || shown(bins[0]) != "0 to 1: 21" || shown(bins[4]) != "4 to 5: 20" {
		t.Errorf("bins of n: %v", bins)
	}
	total := int64(0)
	for _, b := range by["x"].Bins {
		total += b.Count
	}
	if total != 101 || len(by["x"].Bins) != 20 || by["x"].Bins[19].To.String() != "100" {
		t.Errorf("bins of x: %d values in %v", total, by["x"].Bins)
	}
	if c := by["opt"]; c.Nulls != 50 || c.Distinct != 51 {
		t.Errorf("opt: %+v", c)
	}
	if c := by["minus"]; c.Inf != 1 || c.Min != "-100" {
		t.Errorf("minus: %+v", c)
	}
	if diff := cmp.Diff([]Frequency{{"name-0", 34, 0}, {"name-1", 34, 0}, {"name-2", 33, 0}}, by["name"].Top); diff != "" {
		t.Errorf("top (-want +got):\n%s", diff)
	}
	if c := by["at"]; c.Min != "1970-01-01T00:00:00Z" || c.Max != "1970-01-01T00:01:40Z" {
		t.Errorf("at: %+v", c)
	}
	c := p.Correlation
	at := func(a, b string) *float64 {
		i, k := -1, -1
		for n, name := range c.Columns {
			if name == a {
				i = n
			}
			if name == b {
				k = n
			}
		}
		return c.Matrix[i][k]
	}
	for _, pair := range []struct {
		a, b string
		want float64
	}{{"x", "twice", 1}, {"x", "minus", -1}, {"twice", "opt", 1}, {"x", "x", 1}} {
		if r := at(pair.a, pair.b); r == nil || math.Abs(*r-pair.want) > 1e-6 {
			t.Errorf("%s, %s: %v, want %v", pair.a, pair.b, r, pair.want)
		}
	}
	if r := at("x", "same"); r != nil {
		t.Errorf("a column that does not vary goes with x: %v", *r)
	}
}

func shown(b Bin) string { return fmt.Sprintf("%s to %s: %d", b.From, b.To, b.Count) }

// What names and values say must not get out of the page's text.
func TestHTMLEscapes(t *testing.T) {
	p := profiled(t, []row{{Name: "<script>alert(1)</script>"}, {Name: "\"&'"}})
	p.Columns[0].Name = "<b>"
	page := bodyOf(t, p)
	if strings.Contains(page, "<script") || strings.Contains(page, "<b></h3>") || !strings.Contains(page, "&lt;script&gt;") {
		t.Error("a value is part of the page's code")
	}
	if strings.Contains(page, "ZgotmplZ") {
		t.Error("the template refused a value of the style")
	}
}

func TestProfileOfEmptyTable(t *testing.T) {
	p := profiled(t, nil)
	var b strings.Builder
	if err := p.Text(&b, sheet.Style{}); err != nil {
		t.Fatal(err)
	}
	if page := bodyOf(t, p); strings.Count(page, "No values.") != 9 {
		t.Errorf("columns of an empty table:\n%s", page)
	}
	if p.Rows != 0 || len(p.Columns) != 9 {
		t.Errorf("%+v", p)
	}
}

func TestCounter(t *testing.T) {
	for _, n := range []int{0, 1, fewValues, fewValues + 1, 50_000, 1_000_000} {
		c := newCounter()
		for i := range n {
			c.word(uint64(i))
			c.word(uint64(i))
		}
		got, about := c.count()
		if about != (n > fewValues) {
			t.Errorf("%d values: an estimate: %t", n, about)
		}
		if off := math.Abs(float64(got) - float64(n)); !about && off > 0 || off > 0.03*float64(n) {
			t.Errorf("%d values: %d", n, got)
		}
	}
}

// A time takes a line of its own in the page, and nothing is "-0.0".
func TestHTMLFacts(t *testing.T) {
	p := profiled(t, []row{{X: 1, N: 1, At: time.Unix(0, 0)}, {X: 2, N: 2, At: time.Unix(60, 0)}})
	little := -0.01
	p.Correlation.Matrix[0][1] = &little
	page := bodyOf(t, p)
	for _, want := range []string{`<dt>median</dt><dd class="wide">1970-01-01T00:00:30Z</dd>`, `<dt>median</dt><dd>1.5</dd>`, `<dt>distinct</dt><dd class="wide">2</dd>`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(page, ">-0.0<") {
		t.Error("the page has -0.0")
	}
}

// bodyOf is the part of a page that describes the columns.
func bodyOf(t *testing.T, p *Profile) string {
	t.Helper()
	body, err := p.Body("c")
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
