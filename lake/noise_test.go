package lake_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// noise is a row that does not compress, so that a few rows make a long file.
type noise struct {
	Seed uint32 `db:"seed"`
	Data []byte `db:"data"`
}

const noiseBytes = 7 << 20

func noiseOf(seed uint32) []byte {
	b := make([]byte, noiseBytes)
	_, _ = rand.NewChaCha8([32]byte{byte(seed)}).Read(b)
	return b
}

// noisy stores rows of noise.
func noisy(t *testing.T, db *sqlite.DB, rows int) {
	t.Helper()
	tab, err := table.Open(t.Context(), db, table.Options[noise]{Name: "noise"})
	must(t, err)
	for i := range rows {
		must(t, tab.Append(t.Context(), []noise{{uint32(i), noiseOf(uint32(i))}}))
	}
}

// checkNoise compares rows of noise.
func checkNoise(t *testing.T) func(arrow.RecordBatch) {
	return func(r arrow.RecordBatch) {
		seeds, data := r.Column(0).(*array.Int64), r.Column(1).(*array.Binary)
		for i := range int(r.NumRows()) {
			if !bytes.Equal(data.Value(i), noiseOf(uint32(seeds.Value(i)))) {
				t.Errorf("row %d has other bytes", i)
			}
		}
	}
}
