package lake_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/galley-db/galley/lake"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// structure is a row of a table as the statistics of a brain scan give it.
type structure struct {
	Subject, Session, Atlas, Name string
	Volume, Mean, Dev, Range      float64
	Voxels, Index                 int64
}

// BenchmarkPublish publishes a table of 1,000,000 rows into a folder.
func BenchmarkPublish(b *testing.B) {
	const rows = 1_000_000
	db, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "a.db"), sqlite.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	tab, err := table.Open(b.Context(), db, table.Options[structure]{Name: "a"})
	if err != nil {
		b.Fatal(err)
	}
	batch := make([]structure, 10_000)
	for from := 0; from < rows; from += len(batch) {
		for k := range batch {
			i := from + k
			v := float64((i*7919)%1_000_003) / 7
			batch[k] = structure{fmt.Sprintf("sub-%05d", i/45), "ses-01", "aseg", fmt.Sprintf("region-%02d", i%45), v, v / 3, v / 11, v / 13, int64(i * 31 % 100_000), int64(i % 45)}
		}
		if err := tab.Append(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		dir := b.TempDir()
		cat, err := lake.OpenCatalog(b.Context(), "sqlite:"+filepath.Join(dir, "c.db"), filepath.Join(dir, "w"), nil)
		if err != nil {
			b.Fatal(err)
		}
		report, err := lake.Publish(b.Context(), db, cat, lake.PublishOptions{})
		if err != nil || report.Tables[0].Rows != rows {
			b.Fatal(report, err)
		}
		if err := cat.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
