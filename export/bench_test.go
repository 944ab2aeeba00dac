package export

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/load"
	"github.com/galley-db/galley/store/sqlite"
)

const benchRows = 1_000_000

func benchDB(b *testing.B) *sqlite.DB {
	db := fixture.NewDB(b)
	rows := fixture.Samples(benchRows)
	for from := 0; from < len(rows); from += 10_000 {
		fixture.NewTable(b, db, "samples", rows[from:from+10_000])
	}
	return db
}

func BenchmarkWrite(b *testing.B) {
	db := benchDB(b)
	for _, f := range []formats.Format{formats.Parquet, formats.CSV, formats.JSONLines} {
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
	for _, f := range []formats.Format{formats.Parquet, formats.CSV, formats.JSONLines} {
		dir := b.TempDir()
		m, err := Write(context.Background(), db, Options{Dir: dir, Format: f})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(f.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				to := fixture.NewDB(b)
				fixture.NewTable(b, to, "samples", []fixture.Sample(nil))
				b.StartTimer()
				res, err := load.Load(context.Background(), to, load.Options{Table: "samples", Sources: []string{filepath.Join(dir, m.Files[0].Name)}})
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
	for _, f := range []formats.Format{formats.Parquet, formats.CSV, formats.JSONLines} {
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
			c := cells.New(s)
			for b.Loop() {
				d, err := f.Decoder(filepath.Join(dir, m.Files[0].Name), s)
				if err != nil {
					b.Fatal(err)
				}
				rows := 0
				for {
					if err := d.Next(c); err != nil {
						b.Fatal(err)
					}
					if c.Rows == 0 {
						break
					}
					rows += c.Rows
				}
				if err := d.Close(); err != nil || rows != benchRows {
					b.Fatalf("%d rows, %v", rows, err)
				}
			}
			b.ReportMetric(float64(b.N)*benchRows/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
