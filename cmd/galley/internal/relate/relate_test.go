package relate

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

type scan struct {
	Subject string    `db:"subject,key"`
	Site    *string   `db:"site"`
	Good    bool      `db:"good"`
	Volume  float64   `db:"volume"`
	Twice   *float64  `db:"twice"`
	Same    int64     `db:"same"`
	At      time.Time `db:"at"`
}

func read(t *testing.T, rows []scan) *Rows {
	t.Helper()
	db, err := sqlite.OpenMemory(t.Context(), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tbl, err := table.Open(t.Context(), db, table.Options[scan]{})
	if err != nil {
		t.Fatal(err)
	}
	if err := tbl.Append(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	r, err := Read(t.Context(), db, store.Select{Schema: tbl.Schema()}, "site", "good", "volume", "twice", "same", "at")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func scans() []scan {
	var rows []scan
	basel, oslo := "Basel", "Oslo"
	for i := range 24 {
		x := float64(i % 12)
		s := scan{Subject: fmt.Sprintf("sub-%02d", i), Site: &basel, Good: i%2 == 0, Volume: x, Same: 4, At: time.Unix(int64(i), 0)}
		if i >= 12 {
			s.Site, s.Volume = &oslo, x+100
		}
		if twice := 2 * s.Volume; i != 3 {
			s.Twice = &twice
		}
		rows = append(rows, s)
	}
	rows[11].Volume = 1000                                                        // far above the others of Basel
	rows[12].Volume = -500                                                        // far below those of Oslo
	rows[23].Volume = math.Inf(1)                                                 // left out
	rows = append(rows, scan{Subject: "sub-24", Volume: 7, At: time.Unix(39, 0)}) // of no site
	return rows
}

var near = cmpopts.EquateApprox(0, 1e-9)

// Boxes have Tukey's figures, and name each outlier by the row's key.
func TestBoxesByGroup(t *testing.T) {
	got := read(t, scans()).Boxes("volume", "site")
	want := &Boxes{Of: "volume", By: "site", Groups: []Box{
		{Name: "Basel", N: 12, Least: 0, Q1: 2.75, Median: 5.5, Q3: 8.25, Most: 10, Outliers: []Outlier{{Row: "sub-11", Value: 1000}}},
		{Name: "NULL", N: 1, Least: 7, Q1: 7, Median: 7, Q3: 7, Most: 7, Outliers: []Outlier{}},
		{Name: "Oslo", N: 11, Least: 101, Q1: 102.5, Median: 105, Q3: 107.5, Most: 110, Outliers: []Outlier{{Row: "sub-12", Value: -500}}},
	}}
	if diff := cmp.Diff(want, got, near, cmpopts.IgnoreUnexported(Outlier{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if b := read(t, scans()).Boxes("same", "good"); len(b.Groups) != 2 || b.Groups[0].Name != "false" || b.Groups[0].N != 13 {
		t.Errorf("by a bool: %+v", b)
	}
}

// The groups with the most rows are kept, and the others are counted.
func TestManyGroups(t *testing.T) {
	var rows []scan
	for i := range 200 {
		site := fmt.Sprintf("site %03d", i*i%101)
		rows = append(rows, scan{Subject: fmt.Sprint(i), Site: &site, Volume: float64(i)})
	}
	sizes := map[string]int{}
	for _, r := range rows {
		sizes[*r.Site]++
	}
	got := read(t, rows).Boxes("volume", "site")
	if len(got.Groups) != mostGroups || got.More != len(sizes)-mostGroups {
		t.Errorf("%d groups and %d more of %d", len(got.Groups), got.More, len(sizes))
	}
	least := len(rows)
	for _, g := range got.Groups {
		least = min(least, g.N)
		delete(sizes, g.Name)
	}
	for name, n := range sizes {
		if n > least {
			t.Errorf("%s with %d rows is left out, one with %d is not", name, n, least)
		}
	}
	if diff := cmp.Diff(got, read(t, rows).Boxes("volume", "site"), cmpopts.IgnoreUnexported(Outlier{})); diff != "" {
		t.Errorf("the same rows give other figures:\n%s", diff)
	}
}

// Values over time are in parts of equal width; without a time column they follow
// the order of the rows.
func TestCourseOverTime(t *testing.T) {
	r := read(t, scans())
	c := r.Course("volume", "at")
	if c.Low != 0 || c.High != 39e6 || len(c.Parts) != courseParts {
		t.Fatalf("%+v", c)
	}
	if c.Parts[1].N != 1 || c.Parts[1].Median != 1 || c.Parts[30].N != 0 || c.Parts[39].Median != 7 || c.Parts[23].N != 0 {
		t.Errorf("%+v", c.Parts)
	}
	if c := r.Course("same", ""); c.Low != 0 || c.High != 24 || c.Parts[0].Median != 4 {
		t.Errorf("%+v", c)
	}
}

// A cloud counts the rows that have both values.
func TestCloudOfTwoColumns(t *testing.T) {
	rows := scans()[:10]
	c := read(t, rows).Cloud("volume", "twice")
	sum := 0
	for _, row := range c.Cells {
		for _, n := range row {
			sum += n
		}
	}
	if c.N != 9 || sum != 9 || c.High != [2]float64{9, 18} || c.Cells[0][0] != 1 || c.Cells[cloudHeight-1][cloudWidth-1] != 1 {
		t.Errorf("%+v", c)
	}
	if c.Pearson == nil || math.Abs(*c.Pearson-1) > 1e-12 {
		t.Errorf("Pearson %v, want 1", c.Pearson)
	}
	if c := read(t, rows).Cloud("volume", "same"); c.Pearson != nil {
		t.Errorf("Pearson with a column that does not vary: %v", *c.Pearson)
	}
}

// A table without values has no figures.
func TestNoValues(t *testing.T) {
	r := read(t, nil)
	if r.Boxes("volume", "site") != nil || r.Course("volume", "at") != nil || r.Cloud("volume", "twice") != nil {
		t.Error("figures of no rows")
	}
}
