package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// The report needs nothing else, and has each table and doctor's findings.
func TestReport(t *testing.T) {
	path := scanDB(t)
	page := filepath.Join(t.TempDir(), "report.html")
	if r := ok(t, "report", path, "-o", page); r.errors != "wrote "+page+"\n" || r.out != "" {
		t.Errorf("%+v", r)
	}
	text := read(t, page)
	for _, want := range []string{"SQLite 3.", `<h2 id="table-0">scan</h2>`, "<h3>volume</h3>", "<td>sub-02</td>", "rows a second", "ok: links: one name", "prefers-color-scheme"} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	for _, outside := range []string{"http://", "https://", "<script", "@import", "<link", "ZgotmplZ", " src="} {
		if strings.Contains(text, outside) {
			t.Errorf("the report has %s", outside)
		}
	}
	if r := ok(t, "report", path, "-o", "-"); !strings.HasSuffix(r.out, "</html>\n") {
		t.Errorf("the report on standard output ends with %q", r.out[max(len(r.out)-40, 0):])
	}
	if r := galley(t, "report", path+"-not"); r.status != exitFailed {
		t.Errorf("a file that does not exist: %+v", r)
	}
	if r := galley(t, "report", path, "--json"); r.status != exitUsage {
		t.Errorf("--json: %+v", r)
	}
}
