package schema_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/galley-db/galley/schema"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

type Region struct {
	Subject    string  `db:",key,index=by_subject"`
	Session    string  `db:",key"`
	StructName string  `db:",unique=place"`
	Hemi       string  `db:",unique=place,default='lh',check=hemi IN ('lh', 'rh')"`
	Volume     float64 `db:"volume_mm3,nan=null,check=volume_mm3 >= 0"`
	Voxels     *int32
	When       time.Time `db:",time=ms,index=by_subject"`
}

func region(t testing.TB) *schema.Schema {
	s, _ := must[Region](t)
	return s
}

type AllTypes struct {
	Bool  bool `db:",default=1"`
	I8    int8
	I16   int16
	I32   int32
	I64   int64 `db:",default=-7"`
	U8    uint8
	U16   uint16
	U32   uint32
	U64   uint64
	UText uint64 `db:",uint=text"`
	UBlob uint64 `db:",uint=blob,default=X'00000000000000fF'"`
	F32   float32
	F64   float64   `db:",default=1.5"`
	Text  string    `db:"te\"xt,default='it''s'"`
	Blob  []byte    `db:",default=x'0aFF'"`
	Time  time.Time `db:",default=1000000"`
	Early time.Time `db:",time=s,default=-100000000000"`
	RFC   time.Time `db:",time=rfc3339,default='2026-01-02T03:04:05.500000000Z'"`
	Dur   time.Duration
	JSON  json.RawMessage `db:",null,default=NULL"`
	V32   []float32
	V64   []float64 `db:",dim=3"`
}

type Sole struct {
	ID   int64  `db:",key"`
	Name string `db:",index"`
}

type OnlyKey struct {
	A, B string `db:",key"`
}

// TestSQLEqualsGoldenFiles holds all SQL of four tables in both dialects against the files
// in testdata; run it with -update after a change that is meant.
func TestSQLEqualsGoldenFiles(t *testing.T) {
	all, _ := must[AllTypes](t)
	sole, _ := must[Sole](t)
	onlyKey, _ := must[OnlyKey](t)
	for _, s := range []*schema.Schema{region(t), all, sole, onlyKey} {
		for _, d := range []schema.Dialect{schema.SQLite(), schema.Postgres()} {
			statements := s.CreateTable(d)
			for _, m := range []schema.Mode{schema.Append, schema.Upsert, schema.Ignore} {
				statements = append(statements, s.Insert(d, m, 2))
			}
			statements = append(statements, s.Select(d, ""), s.Select(d, "1 = 1"))
			golden(t, s.Name()+"."+d.Name()+".sql", strings.Join(statements, ";\n\n")+";\n")
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", name, diff)
	}
}

func TestInsertEdges(t *testing.T) {
	p, _ := must[point](t)
	want := `INSERT INTO "point" ("x", "y") VALUES (?, ?)`
	for _, rows := range []int{-1, 0, 1} {
		if got := p.Insert(schema.SQLite(), schema.Append, rows); got != want {
			t.Errorf("%d rows: %s, want %s", rows, got, want)
		}
	}
	if got := p.Insert(schema.SQLite(), schema.Upsert, 1); got != want {
		t.Errorf("upsert without a key: %s, want %s", got, want)
	}
}

func TestQuoteNeverPanics(t *testing.T) {
	for _, d := range []schema.Dialect{schema.SQLite(), schema.Postgres()} {
		for in, want := range map[string]string{
			"": `""`, "a": `"a"`, `a"b`: `"a""b"`, "a\x00b": "\"a\uFFFDb\"", "a\xff": "\"a\uFFFD\"", "é;--": `"é;--"`,
		} {
			if got := d.Quote(in); got != want {
				t.Errorf("%s: Quote(%q) = %s, want %s", d.Name(), in, got, want)
			}
		}
		if got := d.Type(schema.Column{Type: 99}); got == "" {
			t.Errorf("%s: no type for a type that is none", d.Name())
		}
	}
}
