package export

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"testing"

	"github.com/galley-db/galley/store/sqlite"
)

// sample is a row as imaging pipelines have them: subject, session and region
// repeat, the uid does not.
type sample struct {
	Subject, Session, Region, UID      string
	Volume, Area, Thickness, Curvature float64
	Voxels, Vertices                   int64
}

func samples(n int) []sample {
	rows := make([]sample, n)
	for i := range rows {
		h := uint64(i+1) * 0x9e3779b97f4a7c15
		h ^= h >> 29
		real := func(k uint64) float64 { return math.Round(float64((h>>k)%100_000_000)) / 1000 }
		rows[i] = sample{
			Subject: fmt.Sprintf("sub-%06d", i/900), Session: fmt.Sprintf("ses-%02d", i/450%2+1),
			Region: fmt.Sprintf("ctx-region-%03d", i%450), UID: fmt.Sprintf("%016x", h),
			Volume: real(0), Area: real(7), Thickness: real(13) / 200, Curvature: real(19)/1000 - 0.5,
			Voxels: int64(h % 20000), Vertices: int64(h>>20) % 5000,
		}
	}
	return rows
}

const benchRows = 1_000_000

func benchDB(b *testing.B) *sqlite.DB {
	db := newDB(b)
	rows := samples(benchRows)
	for from := 0; from < len(rows); from += 10_000 {
		newTable(b, db, "samples", rows[from:from+10_000])
	}
	return db
}

func BenchmarkWrite(b *testing.B) {
	db := benchDB(b)
	for _, f := range []Format{Parquet, CSV, JSONLines} {
		b.Run(f.String(), func(b *testing.B) {
			dir := b.TempDir()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Write(context.Background(), db, Options{Dir: dir, Format: f, Existing: Replace}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*benchRows/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	db := benchDB(b)
	for _, f := range []Format{Parquet, CSV, JSONLines} {
		dir := b.TempDir()
		m, err := Write(context.Background(), db, Options{Dir: dir, Format: f})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(f.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				to := newDB(b)
				newTable(b, to, "samples", []sample(nil))
				b.StartTimer()
				res, err := Load(context.Background(), to, LoadOptions{Table: "samples", Sources: []string{filepath.Join(dir, m.Files[0].Name)}})
				if err != nil {
					b.Fatal(err)
				}
				if res.Rows() != benchRows {
					b.Fatalf("%d rows, %v", res.Rows(), res.Files[0].Err)
				}
			}
			b.ReportMetric(float64(b.N)*benchRows/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	db := benchDB(b)
	for _, f := range []Format{Parquet, CSV, JSONLines} {
		dir := b.TempDir()
		m, err := Write(context.Background(), db, Options{Dir: dir, Format: f})
		if err != nil {
			b.Fatal(err)
		}
		s, err := m.Files[0].schema()
		if err != nil {
			b.Fatal(err)
		}
		b.Run(f.String(), func(b *testing.B) {
			b.ReportAllocs()
			c := newChunk(s)
			for b.Loop() {
				d, err := f.decoder(filepath.Join(dir, m.Files[0].Name), s)
				if err != nil {
					b.Fatal(err)
				}
				rows := 0
				for {
					if err := d.next(c); err != nil {
						b.Fatal(err)
					}
					if c.rows == 0 {
						break
					}
					rows += c.rows
				}
				if err := d.close(); err != nil || rows != benchRows {
					b.Fatalf("%d rows, %v", rows, err)
				}
			}
			b.ReportMetric(float64(b.N)*benchRows/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
