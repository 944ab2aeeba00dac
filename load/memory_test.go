package load

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/galley-db/galley/export"
	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/store"
)

// watching is a backend that looks at the rows of each batch.
type watching struct {
	store.Backend
	look func(rows *kept)
}

func (w *watching) Begin(b *store.Batch) (store.Insertion, error) {
	w.look(b.Rows.(*kept))
	return w.Backend.Begin(b)
}

// TestFewRowsInMemory: however long a file is, few of its rows are in memory when they
// are stored, whether they were read while their types were inferred or afterwards, and
// all of them are stored.
func TestFewRowsInMemory(t *testing.T) {
	type row struct {
		N int64
		S string
	}
	const count, size, keep = 6000, 100, 200_000 // a third stays in memory
	rows := make([]row, count)
	for i := range rows {
		rows[i] = row{int64(i), strings.Repeat(strconv.Itoa(i%10), size)}
	}
	src := fixture.NewDB(t)
	fixture.NewTable(t, src, "t", rows)
	for _, format := range []export.Format{export.CSV, export.JSONLines, export.Parquet} {
		dir := t.TempDir()
		if _, err := export.Write(t.Context(), src, export.Options{Dir: dir, Format: format, Tables: []export.Table{{Name: "t"}}}); err != nil {
			t.Fatal(err)
		}
		for name, opts := range map[string]Options{"inferred": {}, "into a table": {}, "in parts": {PartRows: count - 100}} {
			db := fixture.NewDB(t)
			if name == "into a table" {
				fixture.NewTable[row](t, db, "t", nil)
			}
			opts.Table, opts.Sources = "t", []string{filepath.Join(dir, "t"+format.Extension())}
			batches := 0
			l := newLoading(&watching{db, func(k *kept) {
				if k.Len() == 0 { // the end of a file in parts
					return
				}
				batches++
				if in, all := k.part.Kept(), k.part.Bytes; in > keep || all < 2*keep {
					t.Errorf("%v, %s: %d bytes of %d are in memory, want at most %d", format, name, in, all, keep)
				}
			}}, opts)
			l.keep = keep
			res, err := l.run(t.Context())
			l.close()
			if err != nil || res.Failed() > 0 || batches == 0 {
				t.Fatalf("%v, %s: %v, %v, %d batches", format, name, err, res.Files[0].Err, batches)
			}
			for i, got := range fixture.All[row](t, db, "t") {
				if got != rows[i] {
					t.Fatalf("%v, %s: row %d is another", format, name, i)
				}
			}
			if res.Rows() != count {
				t.Errorf("%v, %s: %d rows, want %d", format, name, res.Rows(), count)
			}
		}
	}
}
