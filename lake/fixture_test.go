package lake_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/iceberg-go/catalog"
	icetable "github.com/apache/iceberg-go/table"
	"github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/lake"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// scan is a row of the table that most tests publish.
type scan struct {
	Session string    `db:"session,batch"`
	Subject string    `db:"subject"`
	Volume  float64   `db:"volume"`
	At      time.Time `db:"at"`
	Note    *string   `db:"note"`
}

var day = time.Date(2026, 11, 26, 12, 0, 0, 123456000, time.UTC)

// scans are the rows of a batch.
func scans(batch, rows int) []scan {
	all := make([]scan, rows)
	for i := range all {
		all[i] = scan{Subject: fmt.Sprintf("sub-%02d/ü", i%3), Volume: float64(batch*1000 + i), At: day.Add(time.Duration(batch) * 24 * time.Hour)}
		if i%2 == 0 {
			note := fmt.Sprintf("note %d", i)
			all[i].Note = &note
		}
	}
	return all
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// openFile opens a galley file that is closed with the test.
func openFile(t *testing.T, path string) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	return db
}

// newFile creates a galley file with a table of scans.
func newFile(t *testing.T) (*sqlite.DB, *table.Table[scan]) {
	t.Helper()
	db := openFile(t, filepath.Join(t.TempDir(), "features.db"))
	tab, err := table.Open(t.Context(), db, table.Options[scan]{Name: "scan"})
	must(t, err)
	return db, tab
}

// append stores batches under the keys s000, s001 and so on.
func appendBatches(t *testing.T, tab *table.Table[scan], from, to, rows int) {
	t.Helper()
	for b := from; b < to; b++ {
		applied, err := tab.AppendOnce(t.Context(), fmt.Sprintf("s%03d", b), scans(b, rows))
		must(t, err)
		if !applied {
			t.Fatalf("batch %d was stored before", b)
		}
	}
}

// openCatalog opens an SQL catalog of a new folder.
func openCatalog(t *testing.T) (cat catalog.Catalog, dir string) {
	t.Helper()
	dir = t.TempDir()
	return openCatalogAt(t, "sqlite:"+filepath.Join(dir, "catalog.db"), filepath.Join(dir, "warehouse")), dir
}

func openCatalogAt(t *testing.T, name, warehouse string) *lake.Catalog {
	t.Helper()
	cat, err := lake.OpenCatalog(t.Context(), name, warehouse, nil)
	must(t, err)
	t.Cleanup(func() { must(t, cat.Close()) })
	return cat
}

// counts reads a table with iceberg-go and returns its rows for each value of a column.
func counts(t *testing.T, cat catalog.Catalog, name, column string) map[string]int {
	t.Helper()
	return countsOf(t, load(t, cat, name), column)
}

func load(t *testing.T, cat catalog.Catalog, name string) *icetable.Table {
	t.Helper()
	tab, err := cat.LoadTable(t.Context(), icetable.Identifier{"galley", name})
	must(t, err)
	return tab
}

// countsOf is counts. iceberg-go reads a column that some files do not have only
// together with one that they have: beside.
func countsOf(t *testing.T, tab *icetable.Table, column string, beside ...string) map[string]int {
	t.Helper()
	all := map[string]int{}
	records(t, tab, func(r arrow.RecordBatch) {
		values := r.Column(r.Schema().FieldIndices(column)[0])
		for i := range values.Len() {
			all[values.ValueStr(i)]++
		}
	}, append(slices.DeleteFunc(beside, func(c string) bool { return c == column }), column)...)
	return all
}

func records(t *testing.T, tab *icetable.Table, do func(arrow.RecordBatch), columns ...string) {
	t.Helper()
	_, batches, err := tab.Scan(icetable.WithSelectedFields(columns...)).ToArrowRecords(context.WithoutCancel(t.Context()))
	must(t, err)
	for r, err := range batches {
		must(t, err)
		do(r)
		r.Release()
	}
}

func publish(t *testing.T, db *sqlite.DB, cat catalog.Catalog, opts lake.PublishOptions) lake.TableReport {
	t.Helper()
	report, err := lake.Publish(t.Context(), db, cat, opts)
	must(t, err)
	if len(report.Tables) != 1 {
		t.Fatalf("published %+v, want one table", report.Tables)
	}
	return report.Tables[0]
}

// execSQL runs SQL beside galley.
func execSQL(path, sql string) error {
	c, err := sqlite3.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(c.Exec(sql), c.Close())
}
