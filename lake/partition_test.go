package lake_test

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"testing"

	"github.com/apache/iceberg-go"
	icetable "github.com/apache/iceberg-go/table"
	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/lake"
	"github.com/galley-db/galley/table"
)

// files returns the data files of a table, by their partition values.
func files(t *testing.T, tab *icetable.Table) map[string]int {
	t.Helper()
	tasks, err := tab.Scan().PlanFiles(t.Context())
	must(t, err)
	all := map[string]int{}
	for _, task := range tasks {
		text := ""
		spec := tab.Spec()
		for _, f := range spec.Fields() {
			text += fmt.Sprintf("%v;", task.File.Partition()[f.FieldID])
		}
		all[text]++
	}
	return all
}

// TestOneFileForEachValue: a publish writes one file for each partition value, and a
// reader that asks for one value reads only its files.
func TestOneFileForEachValue(t *testing.T) {
	for _, partition := range []string{"identity(subject),day(at)", "day(at), subject"} {
		t.Run(partition, func(t *testing.T) {
			cat, _ := openCatalog(t)
			db, tab := newFile(t)
			for b := range 15 {
				must(t, tab.Append(t.Context(), scans(b%2, 7)))
			}
			done := publish(t, db, cat, lake.PublishOptions{Partition: partition})
			if got := files(t, load(t, cat, "scan")); len(got) != 6 || done.Files != 6 {
				t.Errorf("%d files, want one for each of 6 values: %v", done.Files, got)
			}
			if diff := cmp.Diff(map[string]int{"sub-00/ü": 45, "sub-01/ü": 30, "sub-02/ü": 30}, counts(t, cat, "scan", "subject")); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			tasks, err := load(t, cat, "scan").Scan(icetable.WithRowFilter(iceberg.EqualTo(iceberg.Reference("subject"), "sub-01/ü"))).PlanFiles(t.Context())
			must(t, err)
			if len(tasks) != 2 {
				t.Errorf("a reader of one subject reads %d files, want 2", len(tasks))
			}
			_, err = lake.Publish(t.Context(), db, cat, lake.PublishOptions{Partition: "subject"})
			if !errors.Is(err, lake.ErrPartition) {
				t.Errorf("another partition: %v, want ErrPartition", err)
			}
			publish(t, db, cat, lake.PublishOptions{}) // takes the one that the table has
		})
	}
}

// TestPartitionOfEachType: values of all types that can be a partition value, NULL and
// long texts that begin alike among them.
func TestPartitionOfEachType(t *testing.T) {
	type row struct {
		Text  *string `db:"text"`
		Count uint64  `db:"count,uint=text"`
		Small int8    `db:"small"`
		Flag  bool    `db:"flag"`
		Blob  []byte  `db:"blob"`
	}
	long := func(end string) *string {
		s := fmt.Sprintf("%0100d%s", 0, end)
		return &s
	}
	rows := []row{{long("a"), 1, 1, true, []byte{1}}, {long("b"), math.MaxUint64, -1, false, []byte{}}, {nil, 1, 1, true, []byte{1}}, {long("a"), 1, 1, true, []byte{1}}}
	for partition, want := range map[string]int{"text": 3, "count": 2, "small": 2, "flag": 2, "blob": 2, "bucket[4](text),truncate[3](text)": 3, "text,count,small,flag": 3} {
		t.Run(partition, func(t *testing.T) {
			cat, _ := openCatalog(t)
			db := openFile(t, filepath.Join(t.TempDir(), "p.db"))
			tab, err := table.Open(t.Context(), db, table.Options[row]{Name: "p"})
			must(t, err)
			must(t, tab.Append(t.Context(), rows))
			publish(t, db, cat, lake.PublishOptions{Partition: partition})
			if diff := cmp.Diff(map[string]int{"true": 3, "false": 1}, counts(t, cat, "p", "flag")); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			if got := files(t, load(t, cat, "p")); len(got) != want && partition[:6] != "bucket" {
				t.Errorf("partitions %v, want %d", got, want)
			}
		})
	}
}

// TestRowsPerFile: a file ends at its number of rows.
func TestRowsPerFile(t *testing.T) {
	cat, _ := openCatalog(t)
	db, tab := newFile(t)
	must(t, tab.Append(t.Context(), scans(0, 20_000)))
	if done := publish(t, db, cat, lake.PublishOptions{RowsPerFile: 8000}); done.Files != 3 || done.Rows != 20_000 {
		t.Errorf("published %+v, want 3 files", done)
	}
	total := 0
	for _, n := range counts(t, cat, "scan", "subject") {
		total += n
	}
	if total != 20_000 {
		t.Errorf("%d rows, want 20,000", total)
	}
}
