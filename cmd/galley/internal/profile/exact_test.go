package profile

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// drawnRow has columns whose figures float64 alone would get wrong.
type drawnRow struct {
	I   *int64     `db:"i"`
	U   *uint64    `db:"u,uint=text"`
	F   *float64   `db:"f"`
	G   *float64   `db:"g"`
	T   *time.Time `db:"t,time=ns"`
	S   string     `db:"s"`
	Day time.Time  `db:"day,time=rfc3339"`
}

func profileOf[T any](t testing.TB, rows []T) *Profile {
	t.Helper()
	db, err := sqlite.OpenMemory(t.Context(), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tbl, err := table.Open(t.Context(), db, table.Options[T]{Name: "drawn"})
	if err != nil {
		t.Fatal(err)
	}
	if err := tbl.Append(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	p, err := Of(t.Context(), db, tbl.Schema(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// drawRows draws a table: around a base, with a spread, and with NULLs, of which
// some columns have only NULLs at first.
func drawRows(t *rapid.T) []drawnRow {
	random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 7))
	n := rapid.SampledFrom([]int{0, 1, 2, 3, 100, 512, 513, 650}).Draw(t, "rows")
	base := rapid.SampledFrom([]int64{0, 1, -5, 1.7e18, -1.7e18, math.MaxInt64 - 1000, math.MinInt64}).Draw(t, "base")
	spread := rapid.SampledFrom([]int64{1, 3, 1000}).Draw(t, "spread")
	power := rapid.SampledFrom([]int{0, 500, 1000, -500, -900}).Draw(t, "power")
	center := rapid.SampledFrom([]float64{0, 1, 1e6}).Draw(t, "center")
	late := rapid.SampledFrom([]int{0, 1, 600}).Draw(t, "first row that is not NULL")
	nulls := rapid.SampledFrom([]int{0, 3}).Draw(t, "nulls")
	rows := make([]drawnRow, n)
	for i := range rows {
		null := func() bool { return i < late || nulls > 0 && random.IntN(nulls) == 0 }
		r := &rows[i]
		k := base + random.Int64N(spread)
		if !null() {
			r.I = &k
		}
		if u := math.MaxUint64 - uint64(random.Int64N(spread)); !null() {
			r.U = &u
		}
		f := math.Ldexp(center+random.NormFloat64(), power)
		if !null() {
			r.F = &f
		}
		if g := f*0.5 + math.Ldexp(random.NormFloat64(), power); !null() {
			r.G = &g
		}
		if at := time.Unix(1.7e9, random.Int64N(spread)).UTC(); !null() {
			r.T = &at
		}
		r.S = fmt.Sprint(random.IntN(40) * random.IntN(3))
		r.Day = time.Date(1+random.IntN(9998), 1, 1, 0, 0, 0, 1+random.IntN(5), time.UTC)
	}
	return rows
}

// exact are figures of a column, calculated without rounding.
type exact struct {
	values []*big.Rat
	sum    *big.Rat
}

func exactly(values []*big.Rat) exact {
	e := exact{slices.SortedFunc(slices.Values(values), (*big.Rat).Cmp), new(big.Rat)}
	for _, v := range values {
		e.sum.Add(e.sum, v)
	}
	return e
}

func (e exact) n() int64       { return int64(len(e.values)) }
func (e exact) mean() *big.Rat { return new(big.Rat).Quo(e.sum, big.NewRat(e.n(), 1)) }
func (e exact) distinct() int64 {
	return int64(len(slices.CompactFunc(slices.Clone(e.values), sameRat)))
}

func sameRat(a, b *big.Rat) bool { return a.Cmp(b) == 0 }

func (e exact) quantile(percent int64) *big.Rat {
	at := percent * (e.n() - 1)
	low := e.values[at/100]
	if at%100 == 0 {
		return low
	}
	part := new(big.Rat).Sub(e.values[at/100+1], low)
	part.Mul(part, big.NewRat(at%100, 100))
	return part.Add(part, low)
}

// product is the sum of the products of the distances from the means.
func product(x, y []*big.Rat) *big.Float {
	mx, my := exactly(x).mean(), exactly(y).mean()
	sum := new(big.Float).SetPrec(300)
	for i := range x {
		dx, dy := new(big.Rat).Sub(x[i], mx), new(big.Rat).Sub(y[i], my)
		d := new(big.Float).SetPrec(300).SetRat(dx)
		sum.Add(sum, d.Mul(d, new(big.Float).SetPrec(300).SetRat(dy)))
	}
	return sum
}

// near compares a float64 with what it stands for.
func near(got float64, want *big.Float, tolerance float64) bool {
	if want.Sign() == 0 {
		return got == 0
	}
	d := new(big.Float).SetPrec(300).Sub(new(big.Float).SetFloat64(got), want)
	d.Quo(d, want)
	off, _ := d.Float64()
	return math.Abs(off) <= tolerance
}

func root(f *big.Float) *big.Float { return new(big.Float).SetPrec(300).Sqrt(f) }

// rational reads a Number of JSON, or a time in nanoseconds.
func rational(t *rapid.T, text string, real bool) *big.Rat {
	if real {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		return new(big.Rat).SetFloat64(f)
	}
	if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return timeRat(at)
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		t.Fatalf("%q is not a number", text)
	}
	return r
}

func timeRat(at time.Time) *big.Rat {
	r := new(big.Rat).SetInt64(at.Unix())
	return r.Mul(r, big.NewRat(1e9, 1)).Add(r, big.NewRat(int64(at.Nanosecond()), 1))
}

// TestProfileEqualsExactFigures compares the profile of random columns with figures calculated
// without rounding.
func TestProfileEqualsExactFigures(t *testing.T) {
	testtime.Minutes(t)
	rapid.Check(t, func(rt *rapid.T) {
		rows := drawRows(rt)
		p := profileOf(t, rows)
		if _, err := json.Marshal(p); err != nil {
			rt.Fatalf("JSON: %v", err)
		}
		drawn := map[string][]*big.Rat{}
		pairs := map[string][2][]*big.Rat{}
		counts := map[string]int64{}
		for _, r := range rows {
			add := func(name string, v *big.Rat) { drawn[name] = append(drawn[name], v) }
			if r.I != nil {
				add("i", new(big.Rat).SetInt64(*r.I))
			}
			if r.U != nil {
				add("u", new(big.Rat).SetUint64(*r.U))
			}
			if r.F != nil {
				add("f", new(big.Rat).SetFloat64(*r.F))
			}
			if r.G != nil {
				add("g", new(big.Rat).SetFloat64(*r.G))
			}
			if r.T != nil {
				add("t", timeRat(*r.T))
			}
			add("day", timeRat(r.Day))
			if r.F != nil && r.G != nil {
				pair := pairs["f g"]
				pairs["f g"] = [2][]*big.Rat{append(pair[0], new(big.Rat).SetFloat64(*r.F)), append(pair[1], new(big.Rat).SetFloat64(*r.G))}
			}
			if r.F != nil && r.I != nil {
				pair := pairs["f i"]
				pairs["f i"] = [2][]*big.Rat{append(pair[0], new(big.Rat).SetFloat64(*r.F)), append(pair[1], new(big.Rat).SetInt64(*r.I))}
			}
			counts[r.S]++
		}
		for _, c := range p.Columns {
			if c.Name == "s" {
				checkTop(rt, c, counts)
				continue
			}
			checkNumbers(rt, c, exactly(drawn[c.Name]), p.Rows)
		}
		for name, pair := range pairs {
			checkPair(rt, p.Correlation, name, pair)
		}
	})
}

func checkNumbers(t *rapid.T, c Column, want exact, rows int64) {
	if c.Nulls != rows-want.n() || c.Distinct != want.distinct() || c.About {
		t.Fatalf("%s: %d NULLs, %d distinct, want %d and %d", c.Name, c.Nulls, c.Distinct, rows-want.n(), want.distinct())
	}
	if want.n() == 0 {
		return
	}
	if low := rational(t, c.Min, isReal(c)); low.Cmp(want.values[0]) != 0 {
		t.Fatalf("%s: min %s, want %s", c.Name, c.Min, want.values[0].FloatString(3))
	}
	if high := rational(t, c.Max, isReal(c)); high.Cmp(want.values[want.n()-1]) != 0 {
		t.Fatalf("%s: max %s, want %s", c.Name, c.Max, want.values[want.n()-1].FloatString(3))
	}
	check := func(what, got string, want *big.Rat) {
		off := new(big.Rat).Sub(rational(t, got, isReal(c)), want)
		limit := big.NewRat(1, 1) // times are cut to nanoseconds, other numbers to 0.001
		if isReal(c) {
			limit.Mul(spreadOf(c, t), big.NewRat(1, 1e12))
			limit.Add(limit, new(big.Rat).Mul(new(big.Rat).Abs(want), big.NewRat(1, 1e15)))
		}
		if off.Abs(off).Cmp(limit) > 0 {
			t.Fatalf("%s: %s %s, want %s", c.Name, what, got, want.FloatString(4))
		}
	}
	check("mean", c.Mean.String(), want.mean())
	for i, percent := range []int64{5, 25, 50, 75, 95} {
		check(fmt.Sprint(percent, " %"), c.Quantile[i].String(), want.quantile(percent))
	}
	if want.n() > 1 {
		squares := product(want.values, want.values)
		variance := squares.Quo(squares, new(big.Float).SetInt64(want.n()-1))
		deviation := root(variance)
		if c.moment {
			deviation.Quo(deviation, new(big.Float).SetInt64(1e9))
		}
		if c.StdDev == nil || !near(*c.StdDev, deviation, 1e-9) {
			t.Fatalf("%s: standard deviation %v, want %s", c.Name, deref(c.StdDev), deviation.Text('g', 17))
		}
	}
	count, low, high := int64(0), rational(t, c.Bins[0].From.String(), isReal(c)), rational(t, c.Bins[len(c.Bins)-1].To.String(), isReal(c))
	for _, b := range c.Bins {
		count += b.Count
	}
	if count != want.n() || low.Cmp(want.values[0]) != 0 || high.Cmp(want.values[want.n()-1]) < 0 {
		t.Fatalf("%s: %d values in bins %v", c.Name, count, c.Bins)
	}
}

func isReal(c Column) bool { return c.Type == "float64 null" }

// spreadOf is the difference of the greatest and the least value.
func spreadOf(c Column, t *rapid.T) *big.Rat {
	return new(big.Rat).Sub(rational(t, c.Max, isReal(c)), rational(t, c.Min, isReal(c)))
}

func deref(f *float64) any {
	if f == nil {
		return nil
	}
	return *f
}

func checkTop(t *rapid.T, c Column, counts map[string]int64) {
	if c.TopAbout || len(c.Top) != min(10, len(counts)) {
		t.Fatalf("top: %v of %d values", c.Top, len(counts))
	}
	last := int64(math.MaxInt64)
	for _, f := range c.Top {
		if f.Count != counts[f.Value] || f.Over != 0 || f.Count > last {
			t.Fatalf("top: %v, want %d", c.Top, counts[f.Value])
		}
		last = f.Count
		delete(counts, f.Value)
	}
	for value, n := range counts {
		if n > last {
			t.Fatalf("top lacks %q, %d times: %v", value, n, c.Top)
		}
	}
}

func checkPair(t *rapid.T, c *Correlation, name string, pair [2][]*big.Rat) {
	var i, k int
	for at, col := range c.Columns {
		switch col {
		case name[:1]:
			i = at
		case name[2:]:
			k = at
		}
	}
	got := c.Matrix[i][k]
	xx, yy := product(pair[0], pair[0]), product(pair[1], pair[1])
	if len(pair[0]) < 2 || xx.Sign() == 0 || yy.Sign() == 0 {
		if got != nil {
			t.Fatalf("%s: correlation %v of columns that do not vary", name, *got)
		}
		return
	}
	want := product(pair[0], pair[1])
	want.Quo(want, root(xx.Mul(xx, yy)))
	f, _ := want.Float64()
	if got == nil || math.Abs(*got-f) > 1e-9 {
		t.Fatalf("%s: correlation %v, want %v", name, deref(got), f)
	}
}

// TestExtremesGiveValidJSON: nothing that float64 holds makes a profile that JSON does not.
func TestExtremesGiveValidJSON(t *testing.T) {
	type row struct{ X, Y, Zero float64 }
	largest := math.MaxFloat64
	p := profileOf(t, []row{{largest, 1e-320, math.Copysign(0, -1)}, {-largest, 2e-320, 0}, {math.Inf(1), 3e-320, 0}, {1e300, 1e-320, 0}})
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	if c := p.Columns[0]; c.Inf != 1 || c.Min != strconv.FormatFloat(-largest, 'e', -1, 64) || c.Bins[19].Count != 1 {
		t.Errorf("x: %s", text)
	}
	if c := p.Columns[1]; c.StdDev == nil || *c.StdDev == 0 || c.Distinct != 3 {
		t.Errorf("y: %s", text)
	}
	if c := p.Columns[2]; c.Distinct != 1 || c.Min != "0" || c.Mean.String() != "0" {
		t.Errorf("zero: %s", text)
	}
}

// TestLateFavorite: a text that becomes frequent after many others is found, and
// its count is as exact as is claimed.
func TestLateFavorite(t *testing.T) {
	for _, columns := range []int{1, 1000, 1 << 20} {
		tally := newTally(columns)
		random := rand.New(rand.NewPCG(1, uint64(columns)))
		counts := map[string]int64{}
		const rows = 100_000
		for i := range rows {
			text := fmt.Sprint("value ", i)
			if i > 20_000 && random.IntN(10) == 0 {
				text = "late"
			} else if random.IntN(20) == 0 {
				text = "seldom"
			}
			counts[text]++
			tally.add(text)
		}
		top := tally.most(10)
		if len(top) < 2 || top[0].Value != "late" || top[1].Value != "seldom" || !tally.full {
			t.Fatalf("%d columns: %v", columns, top)
		}
		for _, f := range top {
			if f.Count < counts[f.Value] || f.Count-f.Over > counts[f.Value] || f.Over > rows/int64(tally.room) {
				t.Errorf("%d columns: %v, want %d", columns, f, counts[f.Value])
			}
		}
	}
}

// TestTallyMemory: long texts do not make a tally large.
func TestTallyMemory(t *testing.T) {
	tally := newTally(1)
	long := string(slices.Repeat([]byte("ä"), 10_000))
	for range 3 {
		tally.add(long + "x")
	}
	tally.add(long + "y")
	top := tally.most(10)
	if len(top) != 2 || top[0].Count != 3 || len(top[0].Value) > tallyTextSize+len("…") {
		t.Errorf("%d texts: %.300v", len(top), top)
	}
}

func TestSumsOfIntegersAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b")
		u := rapid.Uint64().Draw(t, "u")
		x, y := big.NewInt(a), big.NewInt(b)
		if diff := cmp.Diff(new(big.Int).Add(x, y).String(), wholeInt(a).add(wholeInt(b)).big().String()); diff != "" {
			t.Fatal(diff)
		}
		difference := wholeInt(a).minus(wholeUint(u))
		want := new(big.Int).Sub(x, new(big.Int).SetUint64(u))
		if diff := cmp.Diff(want.String(), difference.big().String()); diff != "" {
			t.Fatal(diff)
		}
		if f, _ := new(big.Float).SetInt(want).Float64(); math.Abs(f-difference.float()) > math.Abs(f)*1e-15 {
			t.Fatalf("%s as a float: %g", want, difference.float())
		}
		if got := wholeInt(a).compare(wholeInt(b)); got != x.Cmp(y) {
			t.Fatalf("%d against %d: %d", a, b, got)
		}
		at := time.Unix(rapid.Int64Range(-62135596800, 253402300799).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC()
		if back := timeOf(wholeTime(at).big()); !back.Equal(at) {
			t.Fatalf("%v is %v", at, back)
		}
	})
}
