package profile

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/galley-db/galley/cmd/galley/internal/sheet"
)

type shownRow struct {
	Key    string     `db:"key"`
	Voxels int64      `db:"voxels"`
	Skewed float64    `db:"skewed"`
	Signed float64    `db:"signed"`
	Steps  int64      `db:"steps"`
	Gone   *float64   `db:"gone"`
	Some   *float64   `db:"some"`
	Vector []float32  `db:"vector"`
	Blob   []byte     `db:"blob"`
	At     time.Time  `db:"at,time=ns"`
	Never  *time.Time `db:"never"`
	Same   int64      `db:"same"`
}

func shownRows() []shownRow {
	rows := make([]shownRow, 1000)
	for i := range rows {
		x := float64(i)
		rows[i] = shownRow{Key: fmt.Sprintf("sub-%04d", i), Voxels: 120_000 + int64(i), Skewed: math.Pow(1.02, x), Signed: math.Pow(x-500, 9),
			Steps: 1 << (i % 20), Vector: []float32{float32(i), -1, 2}, Blob: make([]byte, 2+i%3), At: time.Unix(0, 1_500_000_000), Same: 3}
		if i%4 > 0 {
			rows[i].Some = &x
		}
	}
	return rows
}

// cardOf is the card of a column.
func cardOf(t *testing.T, page, name string) string {
	t.Helper()
	_, rest, found := strings.Cut(page, "<h3>"+name+"</h3>")
	if !found {
		t.Fatalf("no card of %s", name)
	}
	card, _, _ := strings.Cut(rest, "</section>")
	return card
}

// A list of columns is sorted by their greatest values, not by the edges of their
// histograms, which may be greater.
func TestColumnsAreSortedByTheirGreatestValues(t *testing.T) {
	type numbers struct {
		Wide   int64         `db:"wide"`
		Narrow int64         `db:"narrow"`
		Real   float64       `db:"real"`
		Long   time.Duration `db:"long"`
	}
	p := profileOf(t, []numbers{{0, 96, 1.5, 0}, {95, 97, 7.25, 95}})
	for i, want := range []string{"95", "97", "7.25", "95"} {
		if got := p.Columns[i].order().Max; got != want {
			t.Errorf("%s: sorted by %s, want %s", p.Columns[i].Name, got, want)
		}
	}
}

// A column with a value is not said to be all NULL.
func TestShareIsNotRoundedToAll(t *testing.T) {
	p := &Profile{Rows: 10_000}
	for n, want := range map[int64]string{0: "0", 1: "< 0.1 %", 10: "0.1 %", 9990: "99.9 %", 9999: "> 99.9 %", 10_000: "100.0 %"} {
		if got := p.share(n); got != want {
			t.Errorf("%d of 10,000: %s, want %s", n, got, want)
		}
	}
}

// Each figure reads as what it is: no bar where nothing is NULL, whole counts, times
// with their fractions, and n/a where a column has no such figure.
func TestCardsReadAsTheyShould(t *testing.T) {
	p := profileOf(t, shownRows())
	page := bodyOf(t, p)
	for column, want := range map[string][]string{
		"voxels": {"<span>no NULL</span>", "<dt>min</dt><dd>120,000</dd>", "<dt>max</dt><dd>120,999</dd>", "<dt>mean</dt><dd>120,500</dd>"},
		"some":   {`aria-label="25.0 % NULL (250)"`, "<dt>min</dt><dd>1</dd>"},
		"gone":   {`aria-label="100.0 % NULL (1,000)"`, "No values."},
		"key":    {"No text comes twice.", "<li>sub-0000</li>", "<dt>length</dt><dd class=\"wide\">8 characters</dd>"},
		"vector": {"<dt>length</dt><dd class=\"wide\">3 numbers</dd>", "<dt>min</dt><dd>-1</dd>", "<dt>max</dt><dd>999</dd>", "<dt>median</dt><dd>2</dd>", "histogram of vector"},
		"blob":   {"<dt>length</dt><dd class=\"wide\">2 to 4 bytes</dd>", "<dt>mean length</dt>"},
		"at":     {`<dt>min</dt><dd class="wide">1970-01-01T00:00:01.5Z</dd>`},
		"never":  {"No values."},
	} {
		card := cardOf(t, page, column)
		for _, text := range want {
			if !strings.Contains(card, text) {
				t.Errorf("%s lacks %q:\n%s", column, text, card)
			}
		}
	}
	if card := cardOf(t, page, "voxels"); strings.Contains(card, `class="thin"`) {
		t.Errorf("a column without NULL has a bar:\n%s", card)
	}
	if card := cardOf(t, page, "key"); strings.Contains(card, `class="top"`) {
		t.Errorf("texts that come once have bars:\n%s", card)
	}
	if found := regexp.MustCompile(`>[-0-9.]+e[+-][0-9]+<`).FindString(cardOf(t, page, "voxels")); found != "" {
		t.Errorf("a count is shown as %s", found)
	}
	if strings.Contains(page, "<dd></dd>") || regexp.MustCompile(`<dd[^>]*></dd>|<td[^>]*></td>`).MatchString(page) {
		t.Error("a figure is blank")
	}
	if !strings.Contains(page, `<text x="`) || !strings.Contains(page, ">n/a</text>") {
		t.Error("the correlation of a column that does not vary is not n/a")
	}
	for i := range p.Columns {
		if !strings.Contains(page, fmt.Sprintf(`<a href="#c-%d">`, i)) || !strings.Contains(page, fmt.Sprintf(`id="c-%d"`, i)) {
			t.Errorf("no link to column %d", i)
		}
	}
}

// The terminal has no blank cell either.
func TestTextHasNoBlankCells(t *testing.T) {
	p := profileOf(t, shownRows())
	var b strings.Builder
	if err := p.Text(&b, sheet.Style{}); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "gone" && strings.Count(line, none) != 6 {
			t.Errorf("%q", line)
		}
	}
	if !strings.Contains(b.String(), "each once") || !strings.Contains(b.String(), "120,500") {
		t.Errorf("%s", b.String())
	}
}

// A skewed column has a second histogram, whose bins have the same values.
func TestSkewedColumns(t *testing.T) {
	p := profileOf(t, shownRows())
	p.Columns = slices.DeleteFunc(p.Columns, func(c Column) bool { return c.Name == "vector" })
	want := map[string]string{"skewed": Log, "signed": Root, "steps": Log}
	for _, c := range p.Columns {
		if c.Scale != want[c.Name] {
			t.Errorf("%s: axis %q, want %q", c.Name, c.Scale, want[c.Name])
		}
		if c.Scale == "" {
			continue
		}
		sum := int64(0)
		for i, b := range c.Scaled {
			if sum += b.Count; i > 0 && b.From.float != c.Scaled[i-1].To.float {
				t.Errorf("%s: bin %d begins at %s, the one before ends at %s", c.Name, i, b.From, c.Scaled[i-1].To)
			}
			if c.Name == "steps" && b.From.float != math.Trunc(b.From.float) {
				t.Errorf("a bin of whole numbers begins at %s", b.From)
			}
		}
		if sum != 1000 || fullest(c.Scaled) > 0.2 && c.Name != "signed" {
			t.Errorf("%s: %d values, %.2f of them in one bin", c.Name, sum, fullest(c.Scaled))
		}
	}
	if card := cardOf(t, bodyOf(t, p), "skewed"); !strings.Contains(card, "on an axis of the logarithm") || !strings.Contains(card, "<summary>on a linear axis</summary>") {
		t.Errorf("%s", card)
	}
}

// A matrix fits a narrow screen, or says that it must be scrolled, and the strongest
// pairs are named beside it.
func TestCorrelationOnANarrowScreen(t *testing.T) {
	c := &Correlation{}
	for i := range 12 {
		c.Columns = append(c.Columns, fmt.Sprintf("column %d", i))
		row := make([]*float64, 12)
		for k := range row {
			r := 1 / float64(1+i+k)
			row[k] = &r
		}
		c.Matrix = append(c.Matrix, row)
	}
	if h := c.view(); !h.Wide || len(h.Pairs) != shownPairs || h.Pairs[0].A != "column 0" || h.Pairs[0].B != "column 1" || h.Pairs[0].R != 0.5 {
		t.Errorf("%+v", h.Pairs)
	}
	c.Columns, c.Matrix = c.Columns[:4], c.Matrix[:4]
	for i := range c.Matrix {
		c.Matrix[i] = c.Matrix[i][:4]
	}
	if h := c.view(); h.Wide || h.Width > 368 {
		t.Errorf("4 columns take %d pixels of 368", h.Width)
	}
}
