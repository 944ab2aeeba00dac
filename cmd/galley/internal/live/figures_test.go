package live

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/cmd/galley/internal/sheet"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

type scan struct {
	ID     int64     `db:"id,key"`
	Site   string    `db:"site"`
	Volume float64   `db:"volume"`
	Age    float64   `db:"age"`
	At     time.Time `db:"at"`
	Batch  string    `db:"batch,batch"`
}

func scans(t *testing.T, n int) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "scans.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	tab, err := table.Open(t.Context(), db, table.Options[scan]{})
	if err != nil {
		t.Fatal(err)
	}
	rows := make([]scan, n)
	for i := range rows {
		rows[i] = scan{int64(i), []string{evil, "Oslo", "Turin"}[i%3], float64(i % 100), float64(-i % 100), time.Unix(int64(i), 0), ""}
	}
	if n > 0 {
		rows[n-1].Volume = 9999
	}
	if err := tab.Append(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	return db
}

// The page compares columns, names an outlier by its key, and the links change one
// choice each.
func TestFiguresOnThePage(t *testing.T) {
	url := serve(t, File(scans(t, 3000)), Options{})
	_, _, page := get(t, url+"table?name=scan")
	for _, want := range []string{"From all rows.", "<h4>volume by site</h4>", "<h4>volume over at</h4>", "<h4>volume against age</h4>", "outliers: 2999 9,999.", "Pearson", `aria-current="true">volume</a>`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "<img") || strings.Contains(page, "ZgotmplZ") {
		t.Error("a group's name is markup")
	}
	for _, m := range regexp.MustCompile(`href="(table\?[^"]*)"`).FindAllStringSubmatch(page, -1) {
		if status, _, _ := get(t, url+strings.ReplaceAll(m[1], "&amp;", "&")); status != http.StatusOK {
			t.Errorf("%s: %d", m[1], status)
		}
	}
	var f Figures
	_, _, text := get(t, url+"api/figures?name=scan&of=age&with=volume")
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		t.Fatal(err)
	}
	if f.Of != "age" || f.Boxes.Of != "age" || len(f.Boxes.Groups) != 3 || f.Cloud.X != "volume" || f.Cloud.N != 3000 || f.Sample != "all rows" {
		t.Errorf("%s", text)
	}
	if status, _, _ := get(t, url+"api/figures?name=no"); status != http.StatusNotFound {
		t.Errorf("a table that does not exist: %d", status)
	}
	// A column that does not exist is as one that is left open.
	if _, _, text := get(t, url+"api/figures?name=scan&of=no%22x"); !strings.Contains(text, `"of":"volume"`) {
		t.Errorf("%s", text)
	}
}

// The same table gives the same figures, from a sample whose size is stated. It
// covers the table from its beginning to its end, also when row numbers have a gap.
func TestSampleIsTheSameEachTime(t *testing.T) {
	testtime.Seconds(t)
	db := scans(t, 2*exactRows+999)
	sampledAlike(t, db, sampleRows)
	gap, err := table.Open(t.Context(), db, table.Options[scan]{})
	if err != nil {
		t.Fatal(err)
	}
	for key, first := range map[string]int{"kept": 1_000_000, "gone": 2_000_000} {
		rows := make([]scan, exactRows)
		for i := range rows {
			rows[i] = scan{ID: int64(first + i), At: time.Unix(int64(i), 0)}
		}
		if _, err := gap.AppendOnce(t.Context(), key, rows); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := gap.Forget(t.Context(), "gone"); err != nil {
		t.Fatal(err)
	}
	sampledAlike(t, db, sampleRows/2)
}

// sampledAlike looks twice at the table, and wants a sample of so many rows at least.
func sampledAlike(t *testing.T, db *sqlite.DB, least int) {
	t.Helper()
	first, err := File(db).Figures(t.Context(), "scan", Choice{})
	if err != nil {
		t.Fatal(err)
	}
	second, err := File(db).Figures(t.Context(), "scan", Choice{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(shownAs(t, first), shownAs(t, second)); diff != "" {
		t.Errorf("the second look differs:\n%s", diff)
	}
	rows := 0
	for i, p := range first.Course.Parts {
		if rows += p.N; p.N < least/len(first.Course.Parts)/2 {
			t.Errorf("part %d has %d rows", i, p.N)
		}
	}
	if want := fmt.Sprintf("a sample of %s rows", sheet.Separated(int64(rows))); rows < least || first.Sample != want {
		t.Errorf("%d rows, %q; want at least %d, and %q", rows, first.Sample, least, want)
	}
}

func shownAs(t *testing.T, v any) string {
	t.Helper()
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A report has the comparisons of each number with each column of few groups.
func TestComparisonsInAReport(t *testing.T) {
	s, err := SectionOf(t.Context(), scans(t, 500), "scan", nil)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := s.HTML(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<h4>volume by site</h4>", "<h4>age by site</h4>", "<h4>age over at</h4>", "<h4>age against id</h4>", "From all rows."} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	if empty, err := SectionOf(t.Context(), scans(t, 0), "scan", nil); err != nil || len(empty.Compared) != 0 {
		t.Errorf("an empty table: %+v, %v", empty, err)
	}
}

// Expected batches are counted by a part of their keys.
func TestProgressByGroup(t *testing.T) {
	at := map[[2]string]time.Time{{"t", "oslo/1"}: time.Unix(1, 0), {"t", "oslo/2"}: time.Unix(2, 0), {"t", "turin/1"}: time.Unix(3, 0)}
	l := &Look{at: at, no: map[[2]string]bool{{"t", "turin/1"}: true}}
	same := func(key string) string { return key }
	p := progress([]Key{{"", "oslo/1"}, {"t", "oslo/2"}, {"", "turin/1"}, {"", "turin/2"}, {"", "else"}}, l, same, GroupBy(regexp.MustCompile(`^(\w+)/`)))
	want := []Group{{noGroup, 1, 0, 1, 0}, {"oslo", 2, 2, 0, 0}, {"turin", 2, 1, 1, 1}}
	if diff := cmp.Diff(want, p.Groups); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := GroupBy(regexp.MustCompile(`^[^/]*`))("oslo/1"); got != "oslo" {
		t.Errorf("a pattern without a group: %q", got)
	}
	if p := progress([]Key{{"", "oslo/1"}}, l, same, nil); p.Groups != nil {
		t.Errorf("groups without a pattern: %+v", p.Groups)
	}
}
