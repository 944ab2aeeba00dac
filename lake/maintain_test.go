package lake_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/lake"
)

// TestMaintainKeepsRows: small files are merged, snapshots expired and orphans removed, and the
// rows stay, in a path with a space. A publish and a Republish after it work.
func TestMaintainKeepsRows(t *testing.T) {
	dir := t.TempDir()
	warehouse := filepath.Join(dir, "ware house ü")
	cat := openCatalogAt(t, "sqlite:"+filepath.Join(dir, "catalog.db"), warehouse)
	db, tab := newFile(t)
	for b := range 6 {
		appendBatches(t, tab, b, b+1, 3)
		publish(t, db, cat, lake.PublishOptions{})
	}
	location := load(t, cat, "scan").Location()
	orphan := filepath.Join(location, "data", "galley-killed.parquet")
	must(t, os.WriteFile(orphan, []byte("half a file"), 0o644))
	all, err := lake.Maintain(t.Context(), cat, lake.MaintainOptions{Keep: time.Nanosecond, Orphans: time.Nanosecond})
	must(t, err)
	if len(all) != 1 || all[0].FilesBefore != 6 || all[0].FilesAfter != 1 || all[0].Snapshots != 6 || all[0].Orphans == 0 {
		t.Errorf("maintain says %+v", all)
	}
	if _, err := os.Stat(orphan); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the orphan is there: %v", err)
	}
	check := func(to int) {
		t.Helper()
		if diff := cmp.Diff(wantBatches(0, to, 3), counts(t, cat, "scan", "session")); diff != "" {
			t.Errorf("rows by batch (-want +got):\n%s", diff)
		}
	}
	check(6)
	appendBatches(t, tab, 6, 7, 3)
	publish(t, db, cat, lake.PublishOptions{})
	check(7)
	publish(t, db, cat, lake.PublishOptions{Republish: true})
	check(7)
}

// TestFilesOfSeveralAreNotMerged: the rows of one galley file can still be replaced.
func TestFilesOfSeveralAreNotMerged(t *testing.T) {
	cat, _ := openCatalog(t)
	for range 6 {
		db, tab := newFile(t)
		appendBatches(t, tab, 0, 1, 1)
		publish(t, db, cat, lake.PublishOptions{})
	}
	all, err := lake.Maintain(t.Context(), cat, lake.MaintainOptions{Tables: []string{"scan"}})
	must(t, err)
	if len(all) != 1 || all[0].FilesBefore != 0 || all[0].Note == "" {
		t.Errorf("maintain says %+v, want a note", all)
	}
}

// TestRepublishWithFilesOfAnother: files that another program merged may hold rows of
// this galley file, so Republish refuses.
func TestRepublishWithFilesOfAnother(t *testing.T) {
	cat, _ := openCatalog(t)
	other, otherTab := newFile(t)
	for b := range 6 {
		appendBatches(t, otherTab, b, b+1, 1)
		publish(t, other, cat, lake.PublishOptions{})
	}
	_, err := lake.Maintain(t.Context(), cat, lake.MaintainOptions{})
	must(t, err)
	db, tab := newFile(t)
	appendBatches(t, tab, 0, 1, 1)
	if _, err := lake.Publish(t.Context(), db, cat, lake.PublishOptions{Republish: true}); !errors.Is(err, lake.ErrForeignFiles) {
		t.Errorf("%v, want ErrForeignFiles", err)
	}
}
