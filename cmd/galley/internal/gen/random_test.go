package gen

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"math/big"
	"net/netip"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/galley-db/galley/schema"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// kinds is the package in testdata/kinds, loaded once.
var kindsPackage = sync.OnceValues(func() (*source, error) {
	dir, err := filepath.Abs("testdata/kinds")
	if err != nil {
		return nil, err
	}
	sources, err := loadPackage(context.Background(), dir, filepath.Join(dir, "t_galley.go"), home{pkg: "kinds"})
	if err != nil {
		return nil, err
	}
	return sources[0], nil
})

// sourceOf is a package of one file, which may import what kinds does. It
// returns false for a text that is no Go.
func sourceOf(t testing.TB, text string) (*source, bool) {
	t.Helper()
	base, err := kindsPackage()
	if err != nil {
		t.Fatal(err)
	}
	s := &source{fset: token.NewFileSet(), imports: base.imports, sizes: base.sizes}
	file, err := parser.ParseFile(s.fset, "/src/in.go", text, parser.SkipObjectResolution)
	if err != nil {
		return nil, false
	}
	s.files = []*ast.File{file}
	conf := types.Config{Importer: s, Sizes: s.sizes, Error: func(err error) {
		if e, ok := errors.AsType[types.Error](err); ok {
			s.errs = append(s.errs, e)
		}
	}}
	s.pkg, _ = conf.Check("example.com/kinds", s.fset, s.files, nil)
	return s, true
}

const imports = `package kinds

import (
	"database/sql"
	"encoding/json"
	"math/big"
	"net/netip"
	"time"
)

var (
	_ sql.Null[int]
	_ json.RawMessage
	_ big.Int
	_ netip.Addr
	_ time.Time
)

`

// spelled is a type, and how a source spells it.
type spelled struct {
	text string
	typ  reflect.Type
}

func of[T any](text string) spelled { return spelled{text, reflect.TypeFor[T]()} }

var plain = []spelled{
	of[bool]("bool"), of[int]("int"), of[int8]("int8"), of[int16]("int16"), of[int32]("rune"), of[int64]("int64"),
	of[uint]("uint"), of[uint8]("byte"), of[uint16]("uint16"), of[uint32]("uint32"), of[uint64]("uint64"), of[uintptr]("uintptr"),
	of[float32]("float32"), of[float64]("float64"), of[string]("string"), of[[]byte]("[]byte"),
	of[time.Time]("time.Time"), of[time.Duration]("time.Duration"), of[time.Month]("time.Month"), of[json.RawMessage]("json.RawMessage"),
	of[[]float32]("[]float32"), of[[]float64]("[]float64"), of[[3]float32]("[3]float32"), of[[1]float64]("[1]float64"), of[[0]float64]("[0]float64"),
	of[netip.Addr]("netip.Addr"), of[big.Int]("big.Int"), of[json.Number]("json.Number"),
	of[map[string]int]("map[string]int"), of[[]string]("[]string"), of[chan int]("chan int"), of[complex64]("complex64"),
	of[error]("error"), of[sql.NullString]("sql.NullString"), of[func()]("func()"), of[[4]byte]("[4]byte"), of[time.Location]("time.Location"),
}

// drawStruct draws a struct, as a type and as a source spells it.
func drawStruct(t *rapid.T, depth int) spelled {
	var fields []reflect.StructField
	var text strings.Builder
	text.WriteString("struct {\n")
	for i := range rapid.IntRange(0, 6).Draw(t, "fields") {
		typ := rapid.SampledFrom(plain).Draw(t, "type")
		switch rapid.IntRange(0, 9).Draw(t, "wrap") {
		case 0, 1:
			typ = spelled{"*" + typ.text, reflect.PointerTo(typ.typ)}
		case 2:
			typ = rapid.SampledFrom([]spelled{of[sql.Null[string]]("sql.Null[string]"), of[sql.Null[time.Time]]("sql.Null[time.Time]"), of[*sql.Null[int]]("*sql.Null[int]"), of[sql.Null[*int]]("sql.Null[*int]"), of[sql.Null[uint]]("sql.Null[uint]")}).Draw(t, "null")
		case 3:
			if depth > 0 {
				typ = drawStruct(t, depth-1)
			}
		}
		name := rapid.SampledFrom([]string{"A", "B", "ID", "HTTPServer", "Volume3D", "Ärger", "Err"}).Draw(t, "name") + strconv.Itoa(i)
		options := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{
			"key", "unique", "unique=g", "index", "index=g", "null", "default=0", "default='x'", "check=(a > 0)", "json", "time=ms", "time=rfc3339",
			"nan=null", "uint=text", "uint=blob", "dim=3", "was=old", "prefix=p_", "batch", "kye", "dim=x",
		}), 0, 2, rapid.ID).Draw(t, "options")
		tag := rapid.SampledFrom([]string{"", "", "a", "b", "-", "volume mm3"}).Draw(t, "column")
		for _, o := range options {
			tag += "," + o
		}
		full := ""
		if tag != "" {
			full = "db:" + strconv.Quote(tag)
		}
		fields = append(fields, reflect.StructField{Name: name, Type: typ.typ, Tag: reflect.StructTag(full)})
		fmt.Fprintf(&text, "%s %s %s\n", name, typ.text, strconv.Quote(full))
	}
	text.WriteString("}")
	return spelled{text.String(), reflect.StructOf(fields)}
}

// A struct of a source has the columns that the same struct has at run time,
// the same fingerprint, and the same problems; and what is generated for one
// without problems compiles.
func TestRandomStructs(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		drawn := drawStruct(rt, 2)
		want, wantErr := schema.OfType(drawn.typ)
		s, ok := sourceOf(t, imports+"type Row "+drawn.text+"\n")
		if !ok || s.errs != nil {
			rt.Fatalf("not Go: %v\n%s", s, drawn.text)
		}
		got, _, gotErr := schema.Describe(goType{s.pkg.Scope().Lookup("Row").Type()})
		if diff := cmp.Diff(problemsOf(wantErr), problemsOf(gotErr)); diff != "" {
			rt.Fatalf("problems differ (-want +got):\n%s\n%s", diff, drawn.text)
		}
		text, err := s.binders([]string{"Row"}, "/src/row_galley.go")
		if wantErr != nil {
			bad, ok := errors.AsType[*SourceError](err)
			if !ok {
				rt.Fatalf("error is %v, want a *SourceError", err)
			}
			for _, p := range bad.Problems {
				if p.Pos.Filename == "" || p.Pos.Line == 0 {
					rt.Fatalf("%s: no place", p)
				}
			}
			return
		}
		if err != nil {
			rt.Fatalf("%v\n%s", err, drawn.text)
		}
		if diff := cmp.Diff(want.Columns(), got.Columns()); diff != "" {
			rt.Fatalf("columns differ (-want +got):\n%s", diff)
		}
		if want.Fingerprint() != got.Fingerprint() || !strings.Contains(string(text), strconv.Quote(want.Fingerprint())) {
			rt.Fatalf("fingerprint is %s, want %s", got.Fingerprint(), want.Fingerprint())
		}
	})
}

// problemsOf are the problems of a *schema.TagError, less what package
// reflect spells otherwise than a source does.
func problemsOf(err error) (list []schema.Problem) {
	if bad, ok := errors.AsType[*schema.TagError](err); ok {
		for _, p := range bad.Problems {
			p.Message = strings.NewReplacer("byte", "uint8", "rune", "int32", "interface {}", "any").Replace(p.Message)
			if strings.Contains(p.Message, "struct {") || strings.Contains(p.Message, "struct{") {
				p.Message = "of a struct without a name"
			}
			list = append(list, p)
		}
	}
	return list
}

// FuzzStructs reads any text as the rest of a file that declares Row, or does
// not: nothing panics, and what is generated compiles.
func FuzzStructs(f *testing.F) {
	for _, seed := range []string{
		"type Row struct { A int; B *string `db:\"b,unique\"` }",
		"type Row struct { Row2; C []Row }\ntype Row2 struct { A, B int `db:\",key\"` }",
		"type Row struct { A Pair[Row] `db:\",json\"` }\ntype Pair[T any] struct { A T }",
		"type Row struct { Next *Row; A struct { Row }}",
		"type Row struct { string; int `db:\"-\"`; Err error }",
		"type Row = struct { A time.Time; schema int }\ntype v int; type schema bool",
		"type Row struct { A k; B *k; C []k; D map[k]k `db:\",json\"` }\ntype k float32",
		"type Row[T any] struct { A T }",
		"type Row struct { A undefined }; func f() { return 1 }",
		"type Row struct { A int `db:\"\\xff\"`; _ int; B int `db:\"a,check=`+\"`\"",
		"type Row int; type RowBinder int",
		"import \"os\"; type Row struct { A os.File; B any `db:\",json,null\"` }",
	} {
		f.Add(seed, "Row")
	}
	f.Add("type Pair[T any] struct { A, B T; C struct { D T `db:\",json\"`} }", "Pair[[]byte]")
	f.Add("type Pair[T any] struct { A T }", "Pair[struct{ A, b int }]")
	f.Fuzz(func(t *testing.T, text, name string) {
		s, ok := sourceOf(t, imports+text)
		if !ok {
			return
		}
		out, err := s.binders(splitTypes(name), "/src/row_galley.go")
		switch {
		case err == nil && len(out) == 0:
			t.Error("neither an error nor a text")
		case err != nil:
			if _, ok := errors.AsType[*SourceError](err); !ok {
				t.Errorf("%v\n%s", err, out)
			}
		}
	})
}
