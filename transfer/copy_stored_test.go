package transfer

import (
	"errors"
	"path/filepath"
	"testing"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
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
