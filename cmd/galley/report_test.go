package main

import (
	"crypto/sha256"
	"encoding/base64"
	"path/filepath"
	"regexp"
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
	for _, want := range []string{"SQLite 3.", `<section id="table-0"><h2>scan</h2>`, "<h3>volume</h3>", "<td>sub-02</td>", "rows a second", "ok: links: one name", "prefers-color-scheme"} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	for _, outside := range []string{"http://", "https://", "<script ", "@import", "<link", "ZgotmplZ", " src="} {
		if strings.Contains(text, outside) {
			t.Errorf("the report has %s", outside)
		}
	}
	script := regexp.MustCompile(`(?s)<script>(.*?)</script>`).FindAllStringSubmatch(text, -1)
	if len(script) != 1 {
		t.Fatalf("%d scripts", len(script))
	}
	sum := sha256.Sum256([]byte(script[0][1]))
	if hash := "script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(text, hash) {
		t.Errorf("the policy does not allow the page's own script, %s", hash)
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

// profile --html is the table's section of the report.
func TestProfilePageIsASection(t *testing.T) {
	path := scanDB(t)
	page := ok(t, "profile", path, "scan", "--html", "-").out
	_, section, _ := strings.Cut(page, "<h2>scan</h2>")
	section, _, _ = strings.Cut(section, "</main>")
	report := ok(t, "report", path, "-o", "-").out
	anchors := strings.NewReplacer(`"table-0`, `"table`, `#table-0`, `#table`)
	if section == "" || !strings.Contains(anchors.Replace(report), strings.TrimSpace(section)) {
		t.Errorf("the report lacks the section:\n%s", section)
	}
}
