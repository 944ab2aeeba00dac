package transfer

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/galley-db/galley/spool"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// feature is a row of 10 columns, as feature pipelines have them.
type feature struct {
	Subject, Session, Modality, Atlas, Region, Hemisphere string
	Index                                                 int64
	Volume, Thickness, Area                               float64
}

func features(n int) []feature {
	rows := make([]feature, n)
	for i := range rows {
		rows[i] = feature{"sub-0001", "ses-01", "T1w", "aparc", fmt.Sprint("region-", i%68), "left", int64(i), float64(i) * 1.25, float64(i) / 7, float64(i) / 3}
	}
	return rows
}

const batchOf = 450

func appendBatches(b *testing.B, to store.Backend) {
	tab, err := table.Open[feature](b.Context(), to, table.Options[feature]{})
	if err != nil {
		b.Fatal(err)
	}
	rows := features(batchOf)
	for i := 0; b.Loop(); i++ {
		if applied, err := tab.AppendOnce(b.Context(), fmt.Sprint("key ", i), rows); err != nil || !applied {
			b.Fatal(applied, err)
		}
	}
	b.ReportMetric(batchOf*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkSpool stores a batch of 450 rows with its syncs.
func BenchmarkSpool(b *testing.B) { appendBatches(b, newSpool(b)) }

// BenchmarkAppendOnceFull does the same in a database that syncs each commit.
func BenchmarkAppendOnceFull(b *testing.B) {
	db, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "x.db"), sqlite.Options{Durability: sqlite.Full})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	appendBatches(b, db)
}

// BenchmarkCollect collects GALLEY_FILES files (100 by default) of 450 rows.
func BenchmarkCollect(b *testing.B) {
	files := 100
	if n, err := strconv.Atoi(os.Getenv("GALLEY_FILES")); err == nil {
		files = n
	}
	rows := features(batchOf)
	for b.Loop() {
		b.StopTimer()
		s, err := spool.Open(b.Context(), filepath.Join(b.TempDir(), "x.spool"), spool.Options{})
		if err != nil {
			b.Fatal(err)
		}
		tab, err := table.Open[feature](b.Context(), s, table.Options[feature]{})
		if err != nil {
			b.Fatal(err)
		}
		for i := range files {
			if _, err := tab.AppendOnce(b.Context(), fmt.Sprint("key ", i), rows); err != nil {
				b.Fatal(err)
			}
		}
		db, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "x.db"), sqlite.Options{Durability: sqlite.Full})
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if report := collect(b, db, s, CollectOptions{}); report.Rows != int64(files*batchOf) {
			b.Fatal(counts(report))
		}
		b.StopTimer()
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(files*batchOf)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
