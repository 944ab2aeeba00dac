//go:build unix

package lake_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
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

// structureFile creates a galley file with such a table.
func structureFile(b testing.TB) (*sqlite.DB, *table.Table[structure]) {
	b.Helper()
	db, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "a.db"), sqlite.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	tab, err := table.Open(b.Context(), db, table.Options[structure]{Name: "a"})
	if err != nil {
		b.Fatal(err)
	}
	return db, tab
}

// structures appends the rows of such a table with these numbers.
func structures(b testing.TB, tab *table.Table[structure], from, to int) {
	b.Helper()
	batch := make([]structure, 10_000)
	for ; from < to; from += len(batch) {
		for k := range batch {
			i := from + k
			v := float64((i*7919)%1_000_003) / 7
			batch[k] = structure{fmt.Sprintf("sub-%05d", i/45), "ses-01", "aseg", fmt.Sprintf("region-%02d", i%45), v, v / 3, v / 11, v / 13, int64(i * 31 % 100_000), int64(i % 45)}
		}
		if err := tab.Append(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPublish publishes 1,000,000 rows of a table: all that it has, into a folder,
// into object storage that another process serves from its memory on the same cores, and
// in 45 partitions; and behind 10,000 rows that were published before. peak-MiB is the
// resident memory of the process, without the object storage and with SQLite's cache of
// the file that it stored before.
func BenchmarkPublish(b *testing.B) {
	const rows, before = 1_000_000, 10_000
	folder := func(b *testing.B) string { return filepath.Join(b.TempDir(), "w") }
	storage := func(b *testing.B) string {
		for _, setting := range startStorage(b) {
			name, value, _ := strings.Cut(setting, "=")
			b.Setenv(name, value)
		}
		b.Cleanup(http.DefaultClient.CloseIdleConnections)
		return "s3://bucket/w"
	}
	for _, c := range []struct {
		name   string
		place  func(*testing.B) string
		later  bool
		fields string
	}{
		{"folder", folder, false, ""},
		{"s3", storage, false, ""},
		{"later", folder, true, ""},
		{"partitioned", folder, false, "name"},
	} {
		b.Run(c.name, func(b *testing.B) {
			db, tab := structureFile(b)
			if !c.later {
				structures(b, tab, 0, rows)
			}
			peak := 0.0
			for b.Loop() {
				b.StopTimer()
				cat, err := lake.OpenCatalog(b.Context(), "sqlite:"+filepath.Join(b.TempDir(), "c.db"), c.place(b), nil)
				if err != nil {
					b.Fatal(err)
				}
				if c.later {
					db, tab = structureFile(b)
					structures(b, tab, 0, before)
					if _, err := lake.Publish(b.Context(), db, cat, lake.PublishOptions{}); err != nil {
						b.Fatal(err)
					}
					structures(b, tab, before, before+rows)
				}
				resetPeak()
				b.StartTimer()
				report, err := lake.Publish(b.Context(), db, cat, lake.PublishOptions{Partition: c.fields})
				if err != nil || report.Tables[0].Rows != rows {
					b.Fatal(report, err)
				}
				b.StopTimer()
				peak = max(peak, peakMiB())
				if err := cat.Close(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
			b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(peak, "peak-MiB")
		})
	}
}

// resetPeak makes peakMiB count from now on, on Linux.
func resetPeak() { _ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) }

// peakMiB is the largest resident memory of this process, 0 where the system does not
// say it.
func peakMiB() float64 {
	status, _ := os.ReadFile("/proc/self/status")
	m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	if m == nil {
		return 0
	}
	kib, _ := strconv.ParseFloat(string(m[1]), 64)
	return kib / 1024
}
