package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/examples/neuroalign/freesurfer"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
)

// editFile changes OUT/features.db as another program does.
func editFile(t *testing.T, out, sql string) {
	t.Helper()
	c, err := sqlite3.Open(filepath.Join(out, "features.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Exec(sql); err != nil {
		t.Fatal(err)
	}
}

// TestForceRepeatsOnlyItsSessions does sessions again, beside others that have the file open, and
// leaves those alone that it is not about.
func TestForceRepeatsOnlyItsSessions(t *testing.T) {
	testtime.Seconds(t)
	out := outDir(t)
	if r := try(t.Context(), "-out", out, "-force", "-replicate", "5"); r.status != exitDone {
		t.Fatalf("-force without a file: status %d: %s", r.status, r.stderr)
	}
	want := clean(t, "-replicate", "5")
	same(t, want, out)
	editFile(t, out, "UPDATE aseg SET n_voxels = 0; DELETE FROM measures WHERE subject = 'sim-000002' AND field <> 'eTIV'")

	db, err := sqlite.Open(t.Context(), out+"/features.db", sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	try(t.Context(), "-out", out, "-force", "-replicate", "2", "-j", "8").
		expect(t, exitDone, [3]int{2, 0, 0}, [3]int{6, 0, 0}, 2*437)
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	for query, n := range map[string]string{
		"SELECT count(*) FROM measures WHERE subject = 'sim-000002'":              "44|",  // again
		"SELECT count(*) FROM aseg WHERE n_voxels = 0 AND subject = 'sim-000003'": "115|", // left alone
	} {
		if got := rowsOf(t, out, query); got[0] != n {
			t.Errorf("%s is %s, want %s", query, got[0], n)
		}
	}
	try(t.Context(), "-out", out, "-force", "-replicate", "5", "-j", "3").
		expect(t, exitDone, [3]int{5, 0, 0}, [3]int{15, 0, 0}, 5*437)
	same(t, want, out)
}

// TestForceFails: a session whose files cannot be read keeps the rows it had.
func TestForceFails(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(bundled)); err != nil {
		t.Fatal(err)
	}
	out := outDir(t)
	if r := try(t.Context(), "-out", out, "-subjects", dir); r.status != exitDone {
		t.Fatalf("status %d: %s", r.status, r.stderr)
	}
	want := contents(t, out)
	if err := os.Truncate(filepath.Join(dir, "sub-01", "stats", "aseg.stats"), 100); err != nil {
		t.Fatal(err)
	}
	if r := try(t.Context(), "-out", out, "-subjects", dir, "-force"); r.status != exitFailed {
		t.Errorf("status %d: %s", r.status, r.stderr)
	}
	same(t, want, out)
}

// TestEarlierFile: a file whose tables lack the column task gets it. What stands
// in it is skipped as before, and cannot be done again.
func TestEarlierFile(t *testing.T) {
	out := outDir(t)
	earlier := func(name string, s *schema.Schema, err error) *schema.Schema {
		if err == nil {
			s, err = schema.New(name, s.Columns()[:s.Batch()])
		}
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	aseg, err := schema.Of[freesurfer.Segment]()
	aseg = earlier("aseg", aseg, err)
	aparc, err := schema.Of[freesurfer.Parcel]()
	aparc = earlier("aparc", aparc, err)
	measures, err := schema.Of[freesurfer.Measure]()
	measures = earlier("measures", measures, err)
	if err := os.MkdirAll(out, 0o755); err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(t.Context(), out+"/features.db", sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*schema.Schema{aseg, aparc, measures} {
		if err := db.Ensure(t.Context(), s, store.Strict); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	try(t.Context(), "-out", out).expect(t, exitDone, [3]int{1, 0, 0}, [3]int{3, 0, 0}, 437)
	same(t, clean(t), out)

	// As if the rows had been there before the column.
	editFile(t, out, "UPDATE aseg SET task = ''")
	try(t.Context(), "-out", out).expect(t, exitDone, [3]int{0, 1, 0}, [3]int{0, 3, 0}, 0)
	r := try(t.Context(), "-out", out, "-force")
	if r.status != exitFailed || !strings.Contains(r.stderr, store.ErrNoBatchColumn.Error()) {
		t.Errorf("status %d: %s", r.status, r.stderr)
	}
	if n := rowsOf(t, out, "SELECT count(*) FROM aseg"); n[0] != "115|" {
		t.Errorf("%v rows of aseg, want those that were there", n)
	}
}
