package load

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"

	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// TestParquetTextThatIsBytes: a text of a Parquet file that is not UTF-8 is one bad
// row, named by its number, and a column of bytes takes it as it is.
func TestParquetTextThatIsBytes(t *testing.T) {
	type row struct{ A, B string }
	path := filepath.Join(t.TempDir(), "a.parquet")
	if err := parquet.WriteFile(path, []row{{"x", "y"}, {"b\xff", "z"}, {"ä", "w"}}); err != nil {
		t.Fatal(err)
	}
	ctx, db := t.Context(), fixture.NewDB(t)
	res, err := Load(ctx, db, Options{Table: "t", Sources: []string{path}})
	if err != nil || res.Failed() != 1 || len(res.Files[0].Bad) != 1 || res.Files[0].Bad[0].Line != 2 {
		t.Fatalf("%v, %+v; want an error for row 2", err, res.Files[0])
	}
	if text := res.Files[0].Bad[0].Err.Error(); !strings.Contains(text, `column "A": value "b\xff"`) || strings.Contains(text, "[]byte") {
		t.Errorf("the error is %s, want one that names column and value, and no type of Go", text)
	}
	var rejected []string
	res, err = Load(ctx, db, Options{Table: "t", Sources: []string{path}, Reject: func(b BadRow) error { rejected = append(rejected, b.Text); return nil }})
	if err != nil || res.Failed() > 0 || res.Files[0].Rows != 2 {
		t.Errorf("with Reject: %v, %+v; want 2 rows", err, res.Files[0])
	}
	if diff := cmp.Diff([]string{`{"A":"Yv8=","B":"z"}`}, rejected); diff != "" {
		t.Errorf("rejected (-want +got):\n%s", diff)
	}
	s, err := schema.New("bytes", []schema.Column{{Name: "A", Type: schema.Blob}, {Name: "B", Type: schema.Text}})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Ensure(ctx, s, store.Strict); err != nil {
		t.Fatal(err)
	}
	res, err = Load(ctx, db, Options{Table: "bytes", Sources: []string{path}})
	if err != nil || res.Failed() > 0 {
		t.Fatalf("into bytes: %v, %v", err, res.Files[0].Err)
	}
	var got []string
	err = db.Query(ctx, store.Select{Schema: s}, func(r schema.Reader) (bool, error) {
		got = append(got, string(r.Blob(0)))
		return true, nil
	})
	if diff := cmp.Diff([]string{"x", "b\xff", "ä"}, got); err != nil || diff != "" {
		t.Errorf("%v; bytes (-want +got):\n%s", err, diff)
	}
}

// TestParquetValueOfNoColumn: a value that no type takes is named by row, column and
// value, in the words of an import.
func TestParquetValueOfNoColumn(t *testing.T) {
	type row struct{ At deprecated.Int96 }
	path := filepath.Join(t.TempDir(), "a.parquet")
	far := deprecated.Int96{0, 1 << 31, 0x7fffffff}
	if err := parquet.WriteFile(path, []row{{deprecated.Int96{0, 0, 2440588}}, {far}}); err != nil {
		t.Fatal(err)
	}
	res, err := Load(t.Context(), fixture.NewDB(t), Options{Table: "t", Sources: []string{path}})
	if err != nil || res.Failed() != 1 {
		t.Fatalf("%v, %+v; want an error", err, res)
	}
	text := res.Files[0].Err.Error()
	if !strings.Contains(text, `row 2: column "At": value 5`) || strings.Contains(text, "tag it") {
		t.Errorf("the error is %s, want one that names row, column and value, and no tag of a struct", text)
	}
}
