package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/galley-db/galley/internal/pgcluster"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
	"github.com/galley-db/galley/transfer"
)

// shards are files of a job array, with one batch of 2 rows each.
func shards(t *testing.T, tasks ...string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, task := range tasks {
		db, err := sqlite.Open(t.Context(), filepath.Join(dir, task+".db"), sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		tab, err := table.Open[scan](t.Context(), db, table.Options[scan]{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tab.AppendOnce(t.Context(), "sub-"+task, []scan{{Subject: task, Region: "left"}, {Subject: task, Region: "right"}}); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestMergeVerb(t *testing.T) {
	dir, db := shards(t, "1", "2", "3"), filepath.Join(t.TempDir(), "study.db")
	pattern := filepath.Join(dir, "*.db")
	if r := ok(t, "merge", db, pattern); r.out != "merged 3 files: 3 batches, 6 rows\n" {
		t.Errorf("merge: %s", r.out)
	}
	if r := ok(t, "merge", db, pattern); r.out != "merged 3 files: 0 batches, 0 rows\nbatches were stored already: 3\n" {
		t.Errorf("merge again: %s", r.out)
	}
	list := file(t, "tasks.txt", "1\nsub-2\nscan\tsub-3\n4\n")
	r := galley(t, "merge", db, pattern, "--expect", list, "--json")
	var report transfer.MergeReport
	if err := json.Unmarshal([]byte(r.out), &report); err != nil || r.status != exitFailed || len(report.Missing) != 1 || report.Missing[0].Key != "4" {
		t.Errorf("merge --expect: %v, status %d: %s", err, r.status, r.out)
	}
	if r := ok(t, "merge", db, pattern, spooled(t, "a"), "--remove"); !strings.Contains(r.out, "files removed: 3") || !strings.Contains(r.out, "collected 1 batches") {
		t.Errorf("merge --remove: %s", r.out)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("%v, %v: want no files", left, err)
	}
	if r := ok(t, "batches", db, "scan"); strings.Contains(r.out, "galley merge") {
		t.Errorf("batches: %s", r.out)
	}
}

// Files go to a server as to a file: each batch once, with what it has in
// quarantine.
func TestMergeIntoServer(t *testing.T) {
	testtime.Seconds(t)
	url := pgcluster.URL(t)
	dir := shards(t, "1", "2", "3")
	db, err := sqlite.Open(t.Context(), filepath.Join(dir, "plain.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	tab, err := table.Open[region](t.Context(), db, table.Options[region]{Quarantine: true})
	if err != nil {
		t.Fatal(err)
	}
	rows := []region{{N: 1}, {N: 2}, {N: 2}, {N: 3}}
	if err := tab.Append(t.Context(), rows[:1]); err != nil {
		t.Fatal(err)
	}
	if _, err := tab.AppendOnce(t.Context(), "sub", rows[1:]); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dropSchemas(t, url, "merged") })
	args := []string{"merge", url, filepath.Join(dir, "*.db"), "--schema", "merged", "--json"}
	for _, want := range []transfer.MergeReport{{Rows: 9, Batches: 4, Rejected: 1}, {Present: 4}} {
		var r transfer.MergeReport
		if err := json.Unmarshal([]byte(ok(t, args...).out), &r); err != nil {
			t.Fatal(err)
		}
		if r.Rows != want.Rows || r.Batches != want.Batches || r.Rejected != want.Rejected || r.Present != want.Present {
			t.Errorf("%+v, want %+v", r, want)
		}
	}
}

// region is a row of a table with a key.
type region struct {
	N int64 `db:"n,key"`
}

func TestMergeVerbWrongUse(t *testing.T) {
	for _, args := range [][]string{
		{"merge", "x.db"}, {"merge", "x.db", "y.db", "--evolve", "some"}, {"merge", "x.db", "y.db", "--on-conflict", "some"},
		{"merge", "x.db", "y.db", "--upsert", "--ignore"}, {"merge", "x.db", "y.db", "-j", "0"}, {"merge", "x.db", "y.db", "--schema", "s"},
	} {
		if r := galley(t, args...); r.status != exitUsage {
			t.Errorf("galley %s: status %d: %s", strings.Join(args, " "), r.status, r.errors)
		}
	}
	if r := galley(t, "merge", filepath.Join(t.TempDir(), "x.db"), filepath.Join(t.TempDir(), "none*.db")); r.status != exitFailed {
		t.Errorf("status %d: %s", r.status, r.errors)
	}
}
