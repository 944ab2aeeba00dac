package sqlite

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// manyPoints are so many rows with long names that their images do not stay in memory.
func manyPoints(first int) points {
	rows := make(points, 2*imagePages*65536/1000)
	for i := range rows {
		rows[i] = wide(first+i, float64(i%7))
		if i%1000 == 500 {
			rows[i].Name = strings.Repeat("o", 200_000) // on pages of its own
		}
	}
	return rows
}

// TestImagesInFile: of a batch of many rows, few pages are in memory. The rows stored
// are those given, also where two such batches share a transaction, and where the
// folder for temporary files cannot be used.
func TestImagesInFile(t *testing.T) {
	testtime.Seconds(t)
	for what, dir := range map[string]string{"in a file": t.TempDir(), "without a file": filepath.Join(t.TempDir(), "missing")} {
		db := openTest(t, tempPath(t), Options{})
		s := ensured(t, db)
		db.file.plans.temp = dir
		var rows points
		var requests []*request
		for i := range 2 {
			batch := &store.Batch{Schema: s, Rows: manyPoints(i * 1_000_000), Key: fmt.Sprint(i)}
			rows = append(rows, batch.Rows.(points)...)
			in, err := db.begin(batch)
			must(t, err)
			defer in.Close()
			e, alive, all := in.(*insertion).encoded, 0, 0
			for _, m := range e.images {
				alive, all = alive+m.Alive(), all+m.Size()/(64<<10)
			}
			if few := alive <= imagePages+2*len(e.images)+8; len(e.images) == 0 || few != (what == "in a file") || all < imagePages*3/2 {
				t.Errorf("%s: %d of %d pages are in memory, want at most %d", what, alive, all, imagePages)
			}
			requests = append(requests, &request{ctx: t.Context(), batch: in.(*insertion)})
		}
		must(t, db.file.exclusively(t.Context(), func(w *writer) error {
			return w.transaction(func() error {
				for _, r := range requests {
					if err := w.write(r); err != nil {
						return err
					}
				}
				return w.images.flush(w)
			})
		}))
		i := 0
		must(t, db.Query(t.Context(), store.Select{Schema: s}, func(r schema.Reader) (bool, error) {
			if got := (point{r.Text(0), r.Int64(1), r.Float64(2)}); got != rows[i] {
				return false, fmt.Errorf("row %d is (%.10s, %d, %v)", i, got.Name, got.N, got.X)
			}
			i++
			return true, nil
		}))
		if i != len(rows) {
			t.Errorf("%s: %d rows, want %d", what, i, len(rows))
		}
	}
}

// TestImageFileThatFails: a batch whose pages cannot be read back is not stored, and the
// error is ErrTempDir. The next batch is stored.
func TestImageFileThatFails(t *testing.T) {
	db := openTest(t, tempPath(t), Options{})
	s := ensured(t, db)
	in, err := db.begin(&store.Batch{Schema: s, Rows: manyPoints(0), Key: "a"})
	must(t, err)
	must(t, in.(*insertion).encoded.file.Close())
	if _, err := in.Try(t.Context()); !errors.Is(err, ErrTempDir) || errors.Is(err, store.ErrCommitUnknown) || db.Retryable(err) {
		t.Errorf("error is %v, want ErrTempDir", err)
	}
	in.Close()
	res, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: points{wide(1, 1)}, Key: "a"})
	if must(t, err); !res.Applied || res.Inserted != 1 {
		t.Errorf("the key of a batch that failed is taken: %+v", res)
	}
}
