package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/spool"
	"github.com/galley-db/galley/table"
)

// spooled is a spool with a batch of 2 rows under each key.
func spooled(t *testing.T, keys ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "study.spool")
	s, err := spool.Open(t.Context(), dir, spool.Options{})
	if err != nil {
		t.Fatal(err)
	}
	tbl, err := table.Open[scan](t.Context(), s, table.Options[scan]{})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		if _, err := tbl.AppendOnce(t.Context(), key, []scan{{Subject: key, Region: "left"}, {Subject: key, Region: "right"}}); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// batchFiles are the files that wait in a spool.
func batchFiles(t *testing.T, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "tables", "*", "*", "*.batch"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestCollect(t *testing.T) {
	dir, db := spooled(t, "a", "b", "c"), filepath.Join(t.TempDir(), "study.db")
	if r := ok(t, "status", dir); !strings.Contains(r.out, "scan") || !strings.Contains(r.out, "3") {
		t.Errorf("status: %s", r.out)
	}
	if r := ok(t, "doctor", dir); !strings.Contains(r.out, "waiting: 3 batches") || !strings.Contains(r.out, "every batch is complete") {
		t.Errorf("doctor: %s", r.out)
	}
	if r := ok(t, "collect", db, dir); r.out != "collected 3 batches with 6 rows\n" {
		t.Errorf("collect: %s", r.out)
	}
	if r := ok(t, "query", db, "SELECT count(*) FROM scan", "-f", "csv"); !strings.Contains(r.out, "6") {
		t.Errorf("query: %s", r.out)
	}
	var report spool.Report
	if err := json.Unmarshal([]byte(ok(t, "status", dir, "--json").out), &report); err != nil {
		t.Fatal(err)
	}
	if len(report.Tables) != 1 || report.Tables[0].Waiting != 0 || report.Tables[0].Collected != 3 || report.Tables[0].CollectedRows != 6 {
		t.Errorf("status: %+v", report)
	}
}

func TestCollectReportsWhatIsWrong(t *testing.T) {
	testtime.Seconds(t)
	dir, db := spooled(t, "a", "b"), filepath.Join(t.TempDir(), "study.db")
	bad := batchFiles(t, dir)[0]
	if err := os.Truncate(bad, 1000); err != nil {
		t.Fatal(err)
	}
	if r := galley(t, "doctor", dir); r.status != exitFailed || !strings.Contains(r.out, "damaged: 1") {
		t.Errorf("doctor: status %d: %s", r.status, r.out)
	}
	if r := ok(t, "doctor", dir, "--quick"); strings.Contains(r.out, "damaged: 1") {
		t.Errorf("doctor --quick: %s", r.out)
	}
	list := file(t, "subjects.txt", "a\nscan\tb\r\n\nzz\n")
	r := galley(t, "collect", db, dir, "--expect", list)
	if r.status != exitFailed || !strings.Contains(r.out, "moved aside: ") || !strings.Contains(r.out, "missing: zz\n") {
		t.Errorf("collect: status %d: %s", r.status, r.out)
	}
	if r := galley(t, "doctor", dir); r.status != exitFailed || !strings.Contains(r.out, "set aside: 1") {
		t.Errorf("doctor: status %d: %s", r.status, r.out)
	}
	var report struct{ Missing []map[string]string }
	r = galleyIn(t, "", "collect", db, dir, "--expect", list, "--json")
	if err := json.Unmarshal([]byte(r.out), &report); err != nil || len(report.Missing) != 2 {
		t.Errorf("collect --json: %v: %s", err, r.out)
	}
}

func TestCollectWrongUse(t *testing.T) {
	dir := spooled(t)
	for _, args := range [][]string{
		{"collect", "x.db"}, {"collect", "x.db", dir, "--evolve", "some"}, {"collect", "x.db", dir, "--every", "0s"}, {"collect", "x.db", dir, "--schema", "s"},
	} {
		if r := galley(t, args...); r.status != exitUsage {
			t.Errorf("galley %s: status %d: %s", strings.Join(args, " "), r.status, r.errors)
		}
	}
	for _, args := range [][]string{{"collect", filepath.Join(t.TempDir(), "x.db"), t.TempDir()}, {"collect", filepath.Join(t.TempDir(), "x.db"), dir, "--expect", "none.txt"}} {
		if r := galley(t, args...); r.status != exitFailed {
			t.Errorf("galley %s: status %d: %s", strings.Join(args, " "), r.status, r.errors)
		}
	}
}
