package table_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// seen is an Observer that does next to nothing.
type seen struct{ batches int }

func (s *seen) Batch(context.Context, store.BatchEvent) { s.batches++ }
func (*seen) Checkpoint(store.CheckpointEvent)          {}

// BenchmarkObserver appends single rows, where the cost of an Observer shows most,
// without one and with one.
func BenchmarkObserver(b *testing.B) {
	for _, observed := range []bool{false, true} {
		b.Run(fmt.Sprintf("observer=%t", observed), func(b *testing.B) {
			opts := sqlite.Options{}
			if observed {
				opts.Observer = &seen{}
			}
			db, err := sqlite.OpenMemory(b.Context(), opts)
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			tab := openTable(b, db, table.Options[feature]{})
			rows := makeFeatures(1)
			b.ReportAllocs()
			for b.Loop() {
				if err := tab.Append(context.Background(), rows); err != nil {
					b.Fatal(err)
				}
			}
			reportRows(b, 1)
		})
	}
}
