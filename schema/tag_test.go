package schema_test

import (
	"database/sql"
	"errors"
	"fmt"
	"math/big"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/galley-db/galley/schema"
	"github.com/google/go-cmp/cmp"
)

// columnOf is the one column of a struct type that is put together.
func columnOf(t reflect.Type, tag string) (schema.Column, error) {
	s, err := schema.OfType(reflect.StructOf([]reflect.StructField{
		{Name: "Field", Type: t, Tag: reflect.StructTag(fmt.Sprintf("db:%q", tag))},
	}))
	if err != nil {
		return schema.Column{}, err
	}
	return s.Columns()[0], nil
}

var (
	intType    = reflect.TypeFor[int]()
	uintType   = reflect.TypeFor[uint64]()
	floatType  = reflect.TypeFor[float64]()
	stringType = reflect.TypeFor[string]()
	timeType   = reflect.TypeFor[time.Time]()
	vectorType = reflect.TypeFor[[]float32]()
	bytesType  = reflect.TypeFor[[]byte]()
)

func TestTagGood(t *testing.T) {
	for _, c := range []struct {
		goType reflect.Type
		tag    string
		want   schema.Column
	}{
		{intType, "", schema.Column{Name: "field", Type: schema.Int64}},
		{intType, "name", schema.Column{Name: "name", Type: schema.Int64}},
		{intType, "it's (odd)", schema.Column{Name: "it's (odd)", Type: schema.Int64}},
		{intType, "-,", schema.Column{}},
		{intType, "-,key", schema.Column{Name: "-", Type: schema.Int64, Key: true}},
		{intType, ",key", schema.Column{Name: "field", Type: schema.Int64, Key: true}},
		{intType, "key,", schema.Column{Name: "key", Type: schema.Int64}},
		{intType, "key,key", schema.Column{Name: "key", Type: schema.Int64, Key: true}},
		{intType, "time", schema.Column{Name: "time", Type: schema.Int64}},
		{intType, ",unique", schema.Column{Name: "field", Type: schema.Int64, Unique: "field"}},
		{intType, ",unique=g", schema.Column{Name: "field", Type: schema.Int64, Unique: "g"}},
		{intType, "n,index", schema.Column{Name: "n", Type: schema.Int64, Index: "n"}},
		{intType, ",index=by_x", schema.Column{Name: "field", Type: schema.Int64, Index: "by_x"}},
		{intType, ",null", schema.Column{Name: "field", Type: schema.Int64, Nullable: true, ZeroNull: true}},
		{intType, ",default=-5", schema.Column{Name: "field", Type: schema.Int64, Default: "-5"}},
		{intType, ",null,default=null", schema.Column{Name: "field", Type: schema.Int64, Nullable: true, ZeroNull: true, Default: "null"}},
		{reflect.TypeFor[bool](), ",default=TRUE", schema.Column{Name: "field", Type: schema.Bool, Default: "TRUE"}},
		{floatType, ",default=1e3", schema.Column{Name: "field", Type: schema.Float64, Default: "1e3"}},
		{stringType, ",default='a, ''b'", schema.Column{Name: "field", Type: schema.Text, Default: "'a, ''b'"}},
		{bytesType, ",default=x'00fF'", schema.Column{Name: "field", Type: schema.Blob, Default: "x'00fF'"}},
		{timeType, ",default='2026-01-01T00:00:00.000000000Z',time=rfc3339",
			schema.Column{Name: "field", Type: schema.Time, Unit: schema.RFC3339, Default: "'2026-01-01T00:00:00.000000000Z'"}},
		{intType, ",check=field IN (1,2),null", schema.Column{Name: "field", Type: schema.Int64, Nullable: true, ZeroNull: true, Check: "field IN (1,2)"}},
		{intType, ",check=a=b", schema.Column{Name: "field", Type: schema.Int64, Check: "a=b"}},
		{stringType, ",check=field <> ');,('", schema.Column{Name: "field", Type: schema.Text, Check: "field <> ');,('"}},
		{intType, ",json", schema.Column{Name: "field", Type: schema.JSON}},
		{reflect.TypeFor[map[string]any](), ",json", schema.Column{Name: "field", Type: schema.JSON}},
		{timeType, "", schema.Column{Name: "field", Type: schema.Time, UnitOpen: true}},
		{timeType, ",time=us", schema.Column{Name: "field", Type: schema.Time}},
		{timeType, ",time=s", schema.Column{Name: "field", Type: schema.Time, Unit: schema.Seconds}},
		{timeType, ",time=ms", schema.Column{Name: "field", Type: schema.Time, Unit: schema.Millis}},
		{timeType, ",time=ns", schema.Column{Name: "field", Type: schema.Time, Unit: schema.Nanos}},
		{floatType, ",nan=null", schema.Column{Name: "field", Type: schema.Float64, Nullable: true, NaNNull: true}},
		{reflect.TypeFor[*float32](), ",nan=null", schema.Column{Name: "field", Type: schema.Float32, Nullable: true, NaNNull: true}},
		{uintType, ",uint=text", schema.Column{Name: "field", Type: schema.Uint64, Uint: schema.UintText}},
		{uintType, ",uint=blob", schema.Column{Name: "field", Type: schema.Uint64, Uint: schema.UintBlob}},
		{vectorType, ",dim=3", schema.Column{Name: "field", Type: schema.Vector32, Dim: 3}},
		{reflect.TypeFor[[4]float64](), "", schema.Column{Name: "field", Type: schema.Vector64, Dim: 4}},
		{intType, ",was=old", schema.Column{Name: "field", Type: schema.Int64, Was: "old"}},
		{reflect.TypeFor[sql.Null[string]](), "", schema.Column{Name: "field", Type: schema.Text, Nullable: true}},
	} {
		got, err := columnOf(c.goType, c.tag)
		if c.want.Name == "" {
			if err == nil {
				t.Errorf("%v `%s`: column %v, want an error", c.goType, c.tag, got)
			}
			continue
		}
		c.want.Field = "Field"
		if err != nil {
			t.Errorf("%v `%s`: %v", c.goType, c.tag, err)
		} else if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%v `%s`: column differs (-want +got):\n%s", c.goType, c.tag, diff)
		}
	}
}

func TestTagBad(t *testing.T) {
	for _, c := range []struct {
		goType  reflect.Type
		tag     string
		option  string
		message string // a part of it
	}{
		{intType, ",uniqe", "uniqe", "unknown"},
		{intType, "time=us", "time", "comma before"},
		{intType, ",", "", "empty"},
		{intType, ",key,key", "key", "twice"},
		{intType, ",key=1", "key", "no value"},
		{intType, ",key,null", "key", "cannot be NULL"},
		{reflect.TypeFor[*int](), ",key", "key", "cannot be NULL"},
		{intType, ",unique=", "unique", "empty value"},
		{intType, ",index=", "index", "empty value"},
		{intType, ",null=yes", "null", "no value"},
		{intType, ",default", "default", "needs a value"},
		{intType, ",default=now()", "default", "not an SQL literal"},
		{intType, ",default=0x10", "default", "not an SQL literal"},
		{intType, ",default=NULL", "default", "cannot be NULL"},
		{intType, ",default='1'", "default", "whole number"},
		{intType, ",default=1.5", "default", "whole number"},
		{reflect.TypeFor[int8](), ",default=128", "default", "out of range"},
		{reflect.TypeFor[bool](), ",default=2", "default", "TRUE"},
		{floatType, ",default='x'", "default", "number"},
		{reflect.TypeFor[float32](), ",default=1e300", "default", "out of range"},
		{stringType, ",default=5", "default", "single quotes"},
		{stringType, ",default='it''", "default", "that is not closed"},
		{bytesType, ",default='x'", "default", "X'"},
		{bytesType, ",default=X'0'", "default", "not an SQL literal"},
		{vectorType, ",default=X'00000000'", "default", "vector"},
		{timeType, ",time=rfc3339,default='yesterday'", "default", "no time"},
		{uintType, ",uint=text,default='5'", "default", "20 decimal"},
		{uintType, ",uint=blob,default=X'05'", "default", "8 bytes"},
		{intType, ",json,default='{'", "default", "JSON"},
		{intType, ",check", "check", "needs a value"},
		{intType, ",check=(a", "check", "that is not closed"},
		{intType, ",check=a)", "check", "too many"},
		{intType, ",check=a -- b", "check", "comment"},
		{intType, ",check=a /* b", "check", "comment"},
		{intType, ",check=1; DROP TABLE t", "check", "semicolon"},
		{vectorType, ",json", "json", "vector"},
		{intType, "key", "key", `write db:",key" for the option, or db:"key,"`},
		{intType, "unique", "unique", "names the column"},
		{intType, "index", "index", "names the column"},
		{intType, "null", "null", "names the column"},
		{stringType, "batch", "batch", "names the column"},
		{reflect.TypeFor[map[string]int](), "json", "json", "names the column"},
		{reflect.TypeFor[point](), "key", "key", "names the column"},
		{intType, ",time=us", "time", "does not fit"},
		{timeType, ",time=hours", "time", "one of"},
		{timeType, ",time", "time", "needs a value"},
		{stringType, ",nan=null", "nan", "does not fit"},
		{floatType, ",nan=zero", "nan", "is null"},
		{intType, ",uint=text", "uint", "does not fit"},
		{uintType, ",uint=int", "uint", "text or blob"},
		{stringType, ",dim=3", "dim", "does not fit"},
		{vectorType, ",dim=0", "dim", "from 1"},
		{vectorType, ",dim=x", "dim", "from 1"},
		{vectorType, ",dim=999999999999", "dim", "from 1"},
		{reflect.TypeFor[[2]float32](), ",dim=2", "dim", "array"},
		{intType, ",batch", "batch", "does not fit"},
		{stringType, ",batch,null", "batch", "neither NULL"},
		{stringType, ",batch,key", "batch", "nor part"},
		{intType, ",was=field", "was", "still there"},
		{intType, ",was=rowid", "", "hide"},
		{intType, ",prefix=x_", "prefix", "struct"},
		{reflect.TypeFor[point](), ",key", "key", "struct"},
		{intType, "rowid", "", "hide"},
		{intType, "_ROWID_", "", "hide"},
		{intType, "a\x00b", "", "NUL"},
		{intType, "\xff", "", "UTF-8"},
		{reflect.TypeFor[map[string]int](), "", "", "tag it json"},
		{reflect.TypeFor[any](), "", "", "tag it json"},
		{reflect.TypeFor[chan int](), "", "", "leave it out"},
		{reflect.TypeFor[chan int](), ",json", "", "leave it out"},
		{reflect.TypeFor[func()](), ",json", "", "leave it out"},
		{reflect.TypeFor[closed](), ",json", "", "stored as {}"},
		{reflect.TypeFor[*closed](), ",json", "", "stored as {}"},
		{reflect.TypeFor[sql.Null[closed]](), ",json", "", "stored as {}"},
		{reflect.TypeFor[map[string][]*closed](), ",json", "", "schema_test.closed has no field"},
		{reflect.TypeFor[struct{ A, B closed }](), ",json", "", "schema_test.closed has no field"},
		{reflect.TypeFor[struct{ closed }](), ",json", "", "stored as {}"},
		{reflect.TypeFor[struct {
			A int `json:"-"`
		}](), ",json", "", "stored as {}"},
		{reflect.TypeFor[complex128](), "", "", "leave it out"},
		{reflect.TypeFor[error](), ",json", "", "leave it out"},
		{reflect.TypeFor[*point](), "", "", "json"},
		{reflect.TypeFor[**int](), "", "", "two ways"},
		{reflect.TypeFor[*sql.Null[int]](), "", "", "two ways"},
		{reflect.TypeFor[sql.Null[*int]](), "", "", "two ways"},
		{reflect.TypeFor[sql.NullString](), "", "", "sql.Null[string]"},
		{reflect.TypeFor[struct{}](), "", "", "no exported fields"},
		{reflect.TypeFor[[0]float32](), "", "", "array of 0"},
		{reflect.TypeFor[[]point](), "", "", "tag it json"},
	} {
		_, err := columnOf(c.goType, c.tag)
		bad, ok := errors.AsType[*schema.TagError](err)
		if !ok {
			t.Errorf("%v `%s`: error %v, want a *TagError", c.goType, c.tag, err)
			continue
		}
		p := bad.Problems[0]
		if p.Field != "Field" || p.Option != c.option || !strings.Contains(p.Message, c.message) {
			t.Errorf("%v `%s`: problem %+v, want option %q and a message with %q", c.goType, c.tag, p, c.option, c.message)
		}
		if !strings.Contains(err.Error(), p.String()) {
			t.Errorf("%v `%s`: error %q leaves out %q", c.goType, c.tag, err, p)
		}
	}
}

func TestNearestOption(t *testing.T) {
	for typo, want := range map[string]string{
		"uniqe": "unique", "Key": "key", "defualt": "default", "prefx": "prefix", "nul": "null", "chek": "check", "indx": "index",
		"tiem": "time", strings.Repeat("x", 1000): "key",
	} {
		_, err := columnOf(intType, ","+typo)
		bad, ok := errors.AsType[*schema.TagError](err)
		if !ok {
			t.Errorf("%s: error %v, want a *TagError", typo, err)
		} else if got := bad.Problems[0].Nearest; got != want && len(typo) < 20 || got == "" {
			t.Errorf("%s: nearest is %q, want %q", typo, got, want)
		}
	}
}

type broken struct {
	A      int `db:"same"`
	B      int `db:"SAME"`
	C      map[string]int
	D      string `db:",uniqe,dim=3"`
	E      *point
	g      int `db:"g"` //nolint:unused // has a tag on purpose
	Fine   int
	Nested struct{ Deep chan int }
	Old1   int `db:",was=gone"`
	Old2   int `db:",was=gone"`
}

func TestAllProblemsAtOnce(t *testing.T) {
	_, err := schema.Of[broken]()
	bad, ok := errors.AsType[*schema.TagError](err)
	if !ok {
		t.Fatalf("error %v, want a *TagError", err)
	}
	type where struct{ Field, Option, Nearest string }
	var got []where
	for _, p := range bad.Problems {
		got = append(got, where{p.Field, p.Option, p.Nearest})
	}
	want := []where{
		{"B", "", ""}, {"C", "", ""}, {"D", "uniqe", "unique"}, {"D", "dim", ""}, {"E", "", ""},
		{"g", "", ""}, {"Nested.Deep", "", ""}, {"Old2", "was", ""},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems differ (-want +got):\n%s\n%v", diff, err)
	}
	if bad.Type != "schema_test.broken" {
		t.Errorf("type is %q", bad.Type)
	}
}

func TestMalformedTag(t *testing.T) {
	_, err := schema.OfType(reflect.StructOf([]reflect.StructField{{Name: "A", Type: intType, Tag: "db:x"}}))
	if bad, ok := errors.AsType[*schema.TagError](err); !ok || !strings.Contains(bad.Problems[0].Message, "malformed") {
		t.Errorf("error %v, want a *TagError about a malformed tag", err)
	}
}

// The table in the package's documentation is that of the code.
func TestDocHasTheGrammar(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, o := range schema.Options() {
		want = append(want, fmt.Sprintf("//\t%-24s  %-24s  %s", o.Syntax, o.Types, o.Effect))
	}
	for line := range strings.Lines(string(doc)) {
		if strings.HasPrefix(line, "//\t") {
			got = append(got, strings.TrimSuffix(line, "\n"))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("doc.go differs from Options (-want +got):\n%s", diff)
	}
}

// closed is written as {} by encoding/json.
type closed struct{ a, b int }

// written has no exported field either, but says itself what its JSON is.
type written struct{ a int }

func (w written) MarshalJSON() ([]byte, error) { return []byte(strconv.Itoa(w.a)), nil }

// endless is a type within itself.
type endless struct {
	*endless //nolint:unused // an embedded field is the case
	Next     []endless
	At       time.Time
}

// Types that are not all closed are stored as encoding/json writes them.
func TestJSONTypes(t *testing.T) {
	_ = closed{a: 1, b: 2}
	for _, goType := range []reflect.Type{
		reflect.TypeFor[written](), reflect.TypeFor[*written](), reflect.TypeFor[[]written](), reflect.TypeFor[endless](),
		reflect.TypeFor[struct{}](), reflect.TypeFor[map[string]struct{}](), reflect.TypeFor[big.Int](), reflect.TypeFor[any](),
		reflect.TypeFor[struct {
			a int
			B int
		}](),
		reflect.TypeFor[struct{ point }](),
		reflect.TypeFor[struct {
			A closed `json:"-"`
			B int
		}](),
	} {
		if _, err := columnOf(goType, ",json"); err != nil {
			t.Errorf("%v: %v", goType, err)
		}
	}
}
