package live

import (
	"fmt"
	"strings"
	"testing"

	"github.com/galley-db/galley/cmd/galley/internal/doctor"
)

// Hostile text is text in a report, too, and a finding's.
func TestHostileTextInAReport(t *testing.T) {
	db, _ := stored(t, evil+"1", evil+"2")
	r, err := ReportOf(t.Context(), db, "SQLite", []doctor.Finding{{Check: evil, Level: doctor.Problem, Text: hostile, Do: evil}})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := r.HTML(&b); err != nil {
		t.Fatal(err)
	}
	script, err := assets.ReadFile("assets/sort.js")
	if err != nil {
		t.Fatal(err)
	}
	if page := strings.Replace(b.String(), "<script>"+string(script)+"</script>", "", 1); strings.Contains(page, "<img") || strings.Contains(page, "<script") || !strings.Contains(page, "&lt;script&gt;") {
		t.Errorf("hostile text is markup:\n%s", page)
	}
}

// A report describes all rows, and its course ends with the rows of all batches.
func TestReportIsWhole(t *testing.T) {
	db, tab := stored(t)
	for i := range 3 {
		rows := make([]reading, exactRows/2)
		if _, err := tab.AppendOnce(t.Context(), fmt.Sprint(i), rows); err != nil {
			t.Fatal(err)
		}
	}
	r, err := ReportOf(t.Context(), db, "SQLite", nil)
	if err != nil {
		t.Fatal(err)
	}
	s := r.Sections[0]
	if last := s.Points[len(s.Points)-1]; s.Profile.Rows != 3*exactRows/2 || last.Rows != 3*exactRows/2 || last.Batches != 3 || s.Points[0].Rows != 0 {
		t.Errorf("%d rows profiled, %+v to %+v", s.Profile.Rows, s.Points[0], last)
	}
}

// A report counts the rows that the table has, without the deleted ones.
func TestReportCountsDeletedRowsNot(t *testing.T) {
	db, tab := stored(t, "b1", "b2")
	if n, err := tab.Delete(t.Context(), "volume > 1"); err != nil || n != 2 {
		t.Fatal(n, err)
	}
	r, err := ReportOf(t.Context(), db, "SQLite", nil)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := r.HTML(&b); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), `<td class="n" data-value="2">2</td>`) || strings.Contains(b.String(), `data-value="4">4</td>`) {
		t.Errorf("the list of tables does not have 2 rows:\n%s", b.String())
	}
}
