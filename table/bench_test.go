package table_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/galley-db/galley/table"
)

// feature is a row as pipelines have it: texts that repeat, reals, integers.
type feature struct {
	Subject, Session, Region, Modality string
	Volume, Thickness, Area, Curvature float64
	Voxels                             int64
	Good                               bool
}

func makeFeatures(n int) []feature {
	rows := make([]feature, n)
	for k := range rows {
		x := float64(k)
		rows[k] = feature{"sub-0001", "ses-01", fmt.Sprintf("ctx-lh-superiorfro%02d", k%68), "anat",
			x * 1.5, x * .25, x * .125, x * .0625, int64(k), true}
	}
	return rows
}

func reportRows(b *testing.B, perOp int) {
	b.ReportMetric(float64(b.N)*float64(perOp)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkAppend(b *testing.B) {
	for _, n := range []int{1, 20, 100, 450, 10_000} {
		b.Run(fmt.Sprintf("rows=%d", n), func(b *testing.B) {
			tab := openTable(b, openDB(b, tempPath(b)), table.Options[feature]{})
			rows := makeFeatures(n)
			b.ReportAllocs()
			for b.Loop() {
				if err := tab.Append(context.Background(), rows); err != nil {
					b.Fatal(err)
				}
			}
			reportRows(b, n)
		})
	}
}

func BenchmarkAppendIndexed(b *testing.B) {
	type keyed struct {
		ID int64 `db:"id,key"`
		feature
	}
	tab := openTable(b, openDB(b, tempPath(b)), table.Options[keyed]{})
	rows := make([]keyed, 10_000)
	for i, f := range makeFeatures(len(rows)) {
		rows[i].feature = f
	}
	var next int64
	for b.Loop() {
		for i := range rows {
			next++
			rows[i].ID = next
		}
		if err := tab.Append(context.Background(), rows); err != nil {
			b.Fatal(err)
		}
	}
	reportRows(b, len(rows))
}

// BenchmarkTrickle appends single rows from many goroutines.
func BenchmarkTrickle(b *testing.B) {
	for _, g := range []int{1, 16, 256} {
		b.Run(fmt.Sprintf("goroutines=%d", g), func(b *testing.B) {
			tab := openTable(b, openDB(b, tempPath(b)), table.Options[feature]{})
			var left atomic.Int64
			left.Store(int64(b.N))
			b.ReportAllocs()
			b.ResetTimer()
			var wg sync.WaitGroup
			for range g {
				wg.Add(1)
				go func() {
					defer wg.Done()
					row := makeFeatures(1)
					for left.Add(-1) >= 0 {
						if err := tab.Append(context.Background(), row); err != nil {
							b.Error(err)
							return
						}
					}
				}()
			}
			wg.Wait()
			reportRows(b, 1)
		})
	}
}

func BenchmarkAll(b *testing.B) {
	tab := openTable(b, openDB(b, tempPath(b)), table.Options[feature]{})
	const n = 100_000
	if err := tab.Append(context.Background(), makeFeatures(n)); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		rows := 0
		for _, err := range tab.All(context.Background()) {
			if err != nil {
				b.Fatal(err)
			}
			rows++
		}
		if rows != n {
			b.Fatalf("%d rows", rows)
		}
	}
	reportRows(b, n)
}
