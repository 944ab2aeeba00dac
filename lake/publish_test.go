package lake_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/pgcluster"
	"github.com/galley-db/galley/lake"
	"github.com/galley-db/galley/table"
)

// wantBatches is what counts returns for these batches of so many rows.
func wantBatches(from, to, rows int) map[string]int {
	want := map[string]int{}
	for b := from; b < to; b++ {
		want[fmt.Sprintf("s%03d", b)] = rows
	}
	return want
}

// TestPublishesWhatIsNew: each publish adds the batches since the last one, and rows
// without a key, each once. A publish with nothing new makes no snapshot.
func TestPublishesWhatIsNew(t *testing.T) {
	for _, kind := range []string{"sqlite", "hadoop", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			dir := t.TempDir()
			name := kind
			switch kind {
			case "sqlite":
				name = "sqlite:" + filepath.Join(dir, "catalog ?.db")
			case "postgres":
				name = pgcluster.Start(t).URL()
			}
			cat := openCatalogAt(t, name, filepath.Join(dir, "ware house"))
			db, tab := newFile(t)
			appendBatches(t, tab, 0, 3, 5)
			first := publish(t, db, cat, lake.PublishOptions{})
			if first.Batches != 3 || first.Rows != 15 || first.Files != 1 {
				t.Errorf("the first publish says %+v", first)
			}
			must(t, tab.Append(t.Context(), scans(9, 2)))
			appendBatches(t, tab, 3, 4, 5)
			must(t, tab.Append(t.Context(), scans(9, 1)))
			second := publish(t, db, cat, lake.PublishOptions{})
			if second.Batches != 1 || second.Rows != 8 {
				t.Errorf("the second publish says %+v", second)
			}
			third := publish(t, db, cat, lake.PublishOptions{})
			if third.Batches != 0 || third.Rows != 0 || third.Snapshot != second.Snapshot || third.Ledger != second.Ledger {
				t.Errorf("the third publish says %+v after %+v", third, second)
			}
			want := wantBatches(0, 4, 5)
			want["(null)"] = 3
			got := counts(t, cat, "scan", "session")
			if n, ok := got[""]; ok { // a batch column that is not nullable
				delete(got, "")
				got["(null)"] = n
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("rows by batch (-want +got):\n%s", diff)
			}
			if got := len(load(t, cat, "scan").Metadata().Snapshots()); got != 2 {
				t.Errorf("%d snapshots, want 2", got)
			}
		})
	}
}

// TestManyFilesOneTable: files publish into one table, each under its own id, also
// where their batches have the same keys.
func TestManyFilesOneTable(t *testing.T) {
	cat, _ := openCatalog(t)
	for range 2 {
		db, tab := newFile(t)
		appendBatches(t, tab, 0, 2, 3)
		publish(t, db, cat, lake.PublishOptions{})
		publish(t, db, cat, lake.PublishOptions{})
	}
	if diff := cmp.Diff(wantBatches(0, 2, 6), counts(t, cat, "scan", "session")); diff != "" {
		t.Errorf("rows by batch (-want +got):\n%s", diff)
	}
}

// TestChangedBatchIsNamed: a published batch that was forgotten, replaced or edited
// is an error that names it, and Republish makes the table equal to the file in one
// snapshot without touching the rows of another file.
func TestChangedBatchIsNamed(t *testing.T) {
	changes := map[string]struct {
		change              func(t *testing.T, tab *table.Table[scan]) error
		forgotten, replaced []string
		want                map[string]int
	}{
		"forgotten": {
			change: func(t *testing.T, tab *table.Table[scan]) error {
				_, err := tab.Forget(t.Context(), "s001")
				return err
			},
			forgotten: []string{"s001"}, want: map[string]int{"s000": 4, "s002": 4},
		},
		"last forgotten, another stored": {
			change: func(t *testing.T, tab *table.Table[scan]) error {
				if _, err := tab.Forget(t.Context(), "s002"); err != nil {
					return err
				}
				_, err := tab.AppendOnce(t.Context(), "other", scans(8, 4))
				return err
			},
			forgotten: []string{"s002"}, want: map[string]int{"s000": 4, "s001": 4, "other": 4},
		},
		"replaced": {
			change: func(t *testing.T, tab *table.Table[scan]) error {
				_, err := tab.Replace(t.Context(), "s000", scans(7, 4))
				return err
			},
			replaced: []string{"s000"}, want: map[string]int{"s000": 4, "s001": 4, "s002": 4},
		},
		"edited": {
			change: func(t *testing.T, tab *table.Table[scan]) error {
				_, err := tab.Delete(t.Context(), "session = ? AND volume = ?", "s001", 1002.0)
				return err
			},
			replaced: []string{"s001"}, want: map[string]int{"s000": 4, "s001": 3, "s002": 4},
		},
	}
	for name, c := range changes {
		t.Run(name, func(t *testing.T) {
			cat, _ := openCatalog(t)
			other, otherTab := newFile(t)
			if _, err := otherTab.AppendOnce(t.Context(), "of the other file", scans(0, 2)); err != nil {
				t.Fatal(err)
			}
			publish(t, other, cat, lake.PublishOptions{})
			db, tab := newFile(t)
			appendBatches(t, tab, 0, 3, 4)
			publish(t, db, cat, lake.PublishOptions{})
			must(t, c.change(t, tab))
			_, err := lake.Publish(t.Context(), db, cat, lake.PublishOptions{})
			var changed *lake.ChangedError
			if !errors.As(err, &changed) || !cmp.Equal(changed.Forgotten, c.forgotten) || !cmp.Equal(changed.Replaced, c.replaced) {
				t.Fatalf("publish says %v (%+v), want forgotten %q, replaced %q", err, changed, c.forgotten, c.replaced)
			}
			for _, key := range append(c.forgotten, c.replaced...) {
				if !strings.Contains(err.Error(), fmt.Sprintf("%q", key)) {
					t.Errorf("the error does not name %q: %v", key, err)
				}
			}
			snapshots := len(load(t, cat, "scan").Metadata().Snapshots())
			publish(t, db, cat, lake.PublishOptions{Republish: true})
			c.want["of the other file"] = 2
			if diff := cmp.Diff(c.want, counts(t, cat, "scan", "session")); diff != "" {
				t.Errorf("rows by batch (-want +got):\n%s", diff)
			}
			if got := len(load(t, cat, "scan").Metadata().Snapshots()); got != snapshots+1 {
				t.Errorf("%d snapshots after republishing, want %d", got, snapshots+1)
			}
			if again := publish(t, db, cat, lake.PublishOptions{}); again.Rows != 0 {
				t.Errorf("a publish after it says %+v", again)
			}
		})
	}
}

// TestRowsWithoutKeyThatChanged: their number is compared with what was published, and
// with Verify their values.
func TestRowsWithoutKeyThatChanged(t *testing.T) {
	cat, _ := openCatalog(t)
	db, tab := newFile(t)
	must(t, tab.Append(t.Context(), scans(0, 10)))
	publish(t, db, cat, lake.PublishOptions{})
	type volume struct {
		Volume float64 `db:"volume"`
	}
	_, err := table.Update(t.Context(), tab, volume{-1}, "volume = ?", 3.0)
	must(t, err)
	must(t, tab.Append(t.Context(), scans(1, 1)))
	var changed *lake.ChangedError
	if _, err := lake.Publish(t.Context(), db, cat, lake.PublishOptions{Verify: true}); !errors.As(err, &changed) {
		t.Errorf("with Verify: %v, want a ChangedError", err)
	}
	_, err = tab.Delete(t.Context(), "volume = ?", 5.0)
	must(t, err)
	if _, err := lake.Publish(t.Context(), db, cat, lake.PublishOptions{}); !errors.As(err, &changed) || !strings.Contains(err.Error(), "10 rows were published, and the file has 9 of them") {
		t.Errorf("after a deletion: %v, want a ChangedError with the counts", err)
	}
}

// TestUpsertAfterPublish: an upsert of a published row is noticed, as the table has a
// key, and Republish publishes it.
func TestUpsertAfterPublish(t *testing.T) {
	type mean struct {
		ID    int64   `db:"id,key"`
		Value float64 `db:"value"`
	}
	cat, _ := openCatalog(t)
	db := openFile(t, filepath.Join(t.TempDir(), "means.db"))
	tab, err := table.Open(t.Context(), db, table.Options[mean]{Name: "mean"})
	must(t, err)
	upsert := func(rows ...mean) {
		t.Helper()
		_, err := tab.Upsert(t.Context(), rows)
		must(t, err)
	}
	upsert(mean{-5, 1}, mean{1, 1}, mean{2, 2})
	if got := publish(t, db, cat, lake.PublishOptions{}); got.Rows != 3 {
		t.Fatalf("published %+v, want 3 rows", got)
	}
	upsert(mean{3, 3})
	if got := publish(t, db, cat, lake.PublishOptions{}); got.Rows != 1 {
		t.Fatalf("published %+v, want 1 row", got)
	}
	upsert(mean{1, 7}, mean{4, 4})
	var changed *lake.ChangedError
	if _, err := lake.Publish(t.Context(), db, cat, lake.PublishOptions{}); !errors.As(err, &changed) {
		t.Fatalf("publish says %v, want a ChangedError", err)
	}
	publish(t, db, cat, lake.PublishOptions{Republish: true})
	if diff := cmp.Diff(map[string]int{"1": 1, "2": 1, "3": 1, "4": 1, "7": 1}, counts(t, cat, "mean", "value")); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
}

// TestRefusedSources: what cannot be published is refused before the catalog is asked.
func TestRefusedSources(t *testing.T) {
	cat, _ := openCatalog(t)
	db, _ := newFile(t)
	for _, c := range []struct {
		opts lake.PublishOptions
		want error
	}{
		{lake.PublishOptions{Tables: []string{"missing"}}, lake.ErrSource},
		{lake.PublishOptions{Partition: "week(at)"}, lake.ErrPartition},
		{lake.PublishOptions{Partition: "day(at"}, lake.ErrPartition},
		{lake.PublishOptions{Partition: "day(at) identity(subject)"}, lake.ErrPartition},
		{lake.PublishOptions{Partition: "day(missing)"}, lake.ErrPartition},
		{lake.PublishOptions{Partition: "day(subject)"}, lake.ErrPartition},
	} {
		if _, err := lake.Publish(t.Context(), db, cat, c.opts); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v, want %v", c.opts, err, c.want)
		}
	}
	for _, name := range [][2]string{{"sqlite:", "w"}, {"mysql://h/d", "w"}, {"hadoop", "s3://b/p"}, {"hadoop", ""}, {"sqlite:c.db", "file:///w"}, {"sqlite:c.db", "s3://"}} {
		if c, err := lake.OpenCatalog(t.Context(), name[0], name[1], nil); !errors.Is(err, lake.ErrCatalog) {
			t.Errorf("catalog %q, warehouse %q: %v, %v; want ErrCatalog", name[0], name[1], c, err)
		}
	}
}
