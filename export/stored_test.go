package export

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
)

// measured has a column for each way in which a stored value can be outside its
// type.
type measured struct {
	I8   int8
	U8   uint8
	U64  uint64
	Text uint64 `db:"u_text,uint=text"`
	Blob uint64 `db:"u_blob,uint=blob"`
	F32  float32
	V32  []float32
	V64  []float64      `db:"v64,dim=2"`
	JSON map[string]int `db:"json,json"`
	Name string         `db:"name"`
	Good bool           `db:"good"`
}

// foreign runs SQL on a database as another program does.
func foreign(t *testing.T, path, sql string) {
	t.Helper()
	c, err := sqlite3.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.Exec(sql), c.Close()); err != nil {
		t.Fatal(err)
	}
}

// A value of another program that does not fit the type of its column is
// refused in every format, as the struct's reader refuses it. No file is
// written, and the database stays.
func TestStoredValueThatDoesNotFit(t *testing.T) {
	testtime.Seconds(t)
	for _, test := range []struct {
		column, value string
		want          error
		typed         bool // the struct's reader refuses it too
	}{
		{"i8", "300", schema.ErrOverflow, true},
		{"i8", "-129", schema.ErrOverflow, true},
		{"u8", "-1", schema.ErrOverflow, true},
		{"u64", "-1", schema.ErrOverflow, true},
		{"u_text", "'12x'", schema.ErrOverflow, true},
		{"u_blob", "x'01'", schema.ErrOverflow, true},
		{"good", "2", schema.ErrOverflow, true},
		{"good", "-1", schema.ErrOverflow, true},
		{"f32", "1e300", schema.ErrOverflow, true},
		{"f32", "-1e39", schema.ErrOverflow, true},
		{"f32", "0.1", schema.ErrOverflow, false},
		{"v32", "x'0000803f00'", schema.ErrVectorLen, true},
		{"v64", "x'0000000000000000'", schema.ErrVectorLen, true},
		{"json", "'{'", schema.ErrJSON, true},
		{"name", "CAST(x'ff' AS TEXT)", schema.ErrText, false},
	} {
		t.Run(test.column+" "+test.value, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "m.db")
			db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			var rows []measured
			for i := range 3 {
				rows = append(rows, measured{U8: uint8(i), V64: []float64{1, 2}, V32: []float32{1}, JSON: map[string]int{}})
			}
			typed := fixture.NewTable(t, db, "m", rows)
			foreign(t, path, "UPDATE m SET "+test.column+" = "+test.value+" WHERE rowid = 2")
			refused := false
			for _, err := range typed.All(t.Context()) {
				refused = refused || errors.Is(err, test.want)
			}
			if refused != test.typed {
				t.Errorf("the struct's reader refuses it: %v, want %v", refused, test.typed)
			}
			for _, format := range []formats.Format{formats.Parquet, formats.CSV, formats.JSONLines} {
				dir := t.TempDir()
				_, err := Write(t.Context(), db, Options{Dir: dir, Format: format, Clear: true})
				var at *store.StoredError
				var value *schema.ValueError
				if !errors.Is(err, test.want) || !errors.As(err, &at) || at.Table != "m" || at.Row != 2 ||
					!errors.As(err, &value) || value.Column != test.column {
					t.Fatalf("%v: %v, want a *store.StoredError of row 2, column %s, with %v", format, err, test.column, test.want)
				}
				for _, word := range []string{`table "m"`, "row 2", `column "` + test.column + `"`} {
					if !strings.Contains(err.Error(), word) {
						t.Errorf("%v: %q does not say %s", format, err, word)
					}
				}
				leftovers(t, dir)
				if _, err := os.Stat(path); err != nil {
					t.Fatal(err)
				}
			}
			wide := &Wide{Index: []string{"i8"}, Columns: []string{"u8"}, Values: []string{test.column}}
			if test.column == "i8" || test.column == "u8" {
				wide.Values = []string{"f32"}
			}
			if _, err := Write(t.Context(), db, Options{Dir: t.TempDir(), Tables: []Table{{Name: "m", Wide: wide}}}); !errors.Is(err, test.want) && test.value != "0.1" {
				t.Errorf("wide: %v, want %v", err, test.want)
			}
		})
	}
}

// Without Clear, a float with more digits than a float32 has is written as the
// float32 that a struct reads, and the sums of the manifest are the file's.
func TestStoredFloatIsRounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.db")
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	type row struct{ F float32 }
	fixture.NewTable(t, db, "m", []row{{1}})
	foreign(t, path, "UPDATE m SET f = 0.1")
	rounded := fixture.NewDB(t)
	fixture.NewTable(t, rounded, "m", []row{{0.1}})
	sums := map[string]int{}
	for _, from := range []store.Backend{db, rounded} {
		m, err := Write(t.Context(), from, Options{Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		sums[m.Files[0].SHA256+m.Files[0].Columns[0].Sum]++
	}
	if len(sums) != 1 {
		t.Errorf("the stored 0.1 and the float32 0.1 are written as %v, want the same", sums)
	}
}
