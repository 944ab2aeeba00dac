package lake_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/lake"
	"github.com/galley-db/galley/table"
)

// TestLaterPublishOfManyRows: rows behind published ones are published once, also where
// they are so many that the whole table is read, and in a table in which a value of a
// published row has changed.
func TestLaterPublishOfManyRows(t *testing.T) {
	for name, changed := range map[string]bool{"as it was": false, "changed": true} {
		t.Run(name, func(t *testing.T) {
			cat, _ := openCatalog(t)
			db, tab := newFile(t)
			appendBatches(t, tab, 0, 1, 10_001)
			publish(t, db, cat, lake.PublishOptions{})
			appendBatches(t, tab, 1, 3, 10_003)
			if changed {
				must(t, execSQL(db.Path(), "UPDATE scan SET volume = -1 WHERE session = 's000' AND volume = 3"))
			}
			if done := publish(t, db, cat, lake.PublishOptions{}); done.Rows != 20_006 || done.Files != 1 {
				t.Errorf("published %+v, want 20,006 rows in a file", done)
			}
			if diff := cmp.Diff(map[string]int{"s000": 10_001, "s001": 10_003, "s002": 10_003}, counts(t, cat, "scan", "session")); diff != "" {
				t.Errorf("rows by batch (-want +got):\n%s", diff)
			}
		})
	}
}

// TestChangesOfKeyedTable: in a table with a key that is large enough to be read as a
// whole, an upsert of a published row is noticed, and one of a new row is published.
func TestChangesOfKeyedTable(t *testing.T) {
	type mean struct {
		ID    int64   `db:"id,key"`
		Value float64 `db:"value"`
	}
	cat, _ := openCatalog(t)
	db := openFile(t, filepath.Join(t.TempDir(), "means.db"))
	tab, err := table.Open(t.Context(), db, table.Options[mean]{Name: "mean"})
	must(t, err)
	upsert := func(from, to int, value float64) {
		t.Helper()
		var rows []mean
		for i := from; i < to; i++ {
			rows = append(rows, mean{int64(-i), value})
		}
		_, err := tab.Upsert(t.Context(), rows)
		must(t, err)
	}
	upsert(0, 25_000, 1)
	publish(t, db, cat, lake.PublishOptions{})
	upsert(25_000, 25_010, 2)
	if done := publish(t, db, cat, lake.PublishOptions{}); done.Rows != 10 {
		t.Errorf("published %+v, want 10 rows", done)
	}
	upsert(25_005, 25_020, 3)
	var changed *lake.ChangedError
	if _, err := lake.Publish(t.Context(), db, cat, lake.PublishOptions{}); !errors.As(err, &changed) {
		t.Errorf("%v, want a ChangedError", err)
	}
	publish(t, db, cat, lake.PublishOptions{Republish: true})
	if diff := cmp.Diff(map[string]int{"1": 25_000, "2": 5, "3": 15}, counts(t, cat, "mean", "value")); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
}

// TestKeyedTableWithNewColumn: a column that is added to a table with a key does not change
// the rows that were published.
func TestKeyedTableWithNewColumn(t *testing.T) {
	type before struct {
		ID int64 `db:"id,key"`
	}
	type after struct {
		ID   int64   `db:"id,key"`
		Note *string `db:"note"`
	}
	cat, _ := openCatalog(t)
	db := openFile(t, filepath.Join(t.TempDir(), "means.db"))
	tab, err := table.Open(t.Context(), db, table.Options[before]{Name: "mean"})
	must(t, err)
	must(t, tab.Append(t.Context(), []before{{1}, {2}}))
	publish(t, db, cat, lake.PublishOptions{})
	wide, err := table.Open(t.Context(), db, table.Options[after]{Name: "mean", Evolve: table.Additive})
	must(t, err)
	must(t, wide.Append(t.Context(), []after{{3, nil}}))
	for _, rows := range []int64{1, 0} {
		report, err := lake.Publish(t.Context(), db, cat, lake.PublishOptions{})
		if err != nil || report.Tables[0].Rows != rows {
			t.Errorf("published %+v, %v; want %d rows", report, err, rows)
		}
	}
	note := "late"
	_, err = wide.Upsert(t.Context(), []after{{1, &note}})
	must(t, err)
	var changed *lake.ChangedError
	if _, err := lake.Publish(t.Context(), db, cat, lake.PublishOptions{}); !errors.As(err, &changed) {
		t.Errorf("%v, want a ChangedError", err)
	}
}

// TestValueInNewColumn: an upsert that fills an added column of a published row, before
// the column is published, is noticed.
func TestValueInNewColumn(t *testing.T) {
	type before struct {
		ID int64 `db:"id,key"`
	}
	type after struct {
		ID   int64   `db:"id,key"`
		Note *string `db:"note"`
	}
	cat, _ := openCatalog(t)
	db := openFile(t, filepath.Join(t.TempDir(), "means.db"))
	tab, err := table.Open(t.Context(), db, table.Options[before]{Name: "mean"})
	must(t, err)
	must(t, tab.Append(t.Context(), []before{{1}, {2}}))
	publish(t, db, cat, lake.PublishOptions{})
	wide, err := table.Open(t.Context(), db, table.Options[after]{Name: "mean", Evolve: table.Additive})
	must(t, err)
	note := "early"
	_, err = wide.Upsert(t.Context(), []after{{1, &note}})
	must(t, err)
	var changed *lake.ChangedError
	if _, err := lake.Publish(t.Context(), db, cat, lake.PublishOptions{}); !errors.As(err, &changed) {
		t.Errorf("%v, want a ChangedError", err)
	}
}

// TestEndReplaced: the last rows are removed, and as many others stored, which get their
// row numbers.
func TestEndReplaced(t *testing.T) {
	cat, _ := openCatalog(t)
	db, tab := newFile(t)
	must(t, tab.Append(t.Context(), scans(0, 10)))
	publish(t, db, cat, lake.PublishOptions{})
	_, err := tab.Delete(t.Context(), "volume >= ?", 7.0)
	must(t, err)
	must(t, tab.Append(t.Context(), scans(5, 3)))
	var changed *lake.ChangedError
	if _, err := lake.Publish(t.Context(), db, cat, lake.PublishOptions{}); !errors.As(err, &changed) {
		t.Errorf("%v, want a ChangedError", err)
	}
}
