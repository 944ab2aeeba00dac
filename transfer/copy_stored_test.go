package transfer

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// A copy refuses a value that another program stored and that does not fit the
// type of its column, and names table, row and column. It copies nothing else.
func TestCopyOfStoredValueThatDoesNotFit(t *testing.T) {
	type measured struct {
		I8   int8
		U64  uint64
		F32  float32
		V    []float64 `db:"v,dim=2"`
		Text uint64    `db:"u_text,uint=text"`
	}
	for column, value := range map[string]string{"i8": "300", "u64": "-1", "f32": "1e300", "v": "x'00'", "u_text": "'x'"} {
		path := filepath.Join(t.TempDir(), "m.db")
		from, err := sqlite.Open(t.Context(), path, sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		row := measured{V: []float64{1, 2}}
		fixture.NewTable(t, from, "m", []measured{row, row})
		c, err := sqlite3.Open(path)
		if err == nil {
			err = errors.Join(c.Exec("UPDATE m SET "+column+" = "+value+" WHERE rowid = 2"), c.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
		to := fixture.NewDB(t)
		_, err = Copy(t.Context(), from, to, CopyOptions{})
		var at *store.StoredError
		var bad *schema.ValueError
		if !errors.As(err, &at) || at.Table != "m" || at.Row != 2 || !errors.As(err, &bad) || bad.Column != column {
			t.Errorf("%s = %s: %v, want a *store.StoredError of row 2", column, value, err)
		}
		if rows := fixture.All[measured](t, to, "m"); len(rows) != 0 {
			t.Errorf("%s = %s: %d rows were copied", column, value, len(rows))
		}
		if err := from.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A copy keeps the order of the ledger, which in a table without a batch column
// says which rows are of which key.
func TestCopyKeepsOrder(t *testing.T) {
	type point struct{ N int64 }
	dir := t.TempDir()
	var dbs [2]*sqlite.DB
	for i := range dbs {
		var err error
		if dbs[i], err = sqlite.Open(t.Context(), filepath.Join(dir, fmt.Sprint(i, ".db")), sqlite.Options{}); err != nil {
			t.Fatal(err)
		}
		defer dbs[i].Close()
	}
	points, err := table.Open(t.Context(), dbs[0], table.Options[point]{})
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for i := range 200 {
		want = append(want, fmt.Sprint("k", i*7919%200))
		if _, err := points.AppendOnce(t.Context(), want[i], []point{{int64(i)}}); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if _, err := Copy(t.Context(), dbs[0], dbs[1], CopyOptions{}); err != nil {
			t.Fatal(err)
		}
		var got []string
		for b, err := range dbs[1].Batches(t.Context(), store.BatchFilter{Table: "point"}) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, b.Key)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("keys in the copy (-want +got):\n%s", diff)
		}
	}
}
