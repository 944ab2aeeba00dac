package schema_test

import (
	"database/sql"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/galley-db/galley/schema"
)

// fuzzed are the types that a fuzzed struct is made of, good and bad.
var fuzzed = []reflect.Type{
	intType, uintType, floatType, stringType, timeType, vectorType, bytesType, reflect.TypeFor[bool](), reflect.TypeFor[time.Duration](),
	reflect.TypeFor[*int](), reflect.TypeFor[**int](), reflect.TypeFor[map[string]int](), reflect.TypeFor[chan int](), reflect.TypeFor[any](),
	reflect.TypeFor[error](), reflect.TypeFor[func()](), reflect.TypeFor[point](), reflect.TypeFor[*point](), reflect.TypeFor[tree](),
	reflect.TypeFor[[3]float32](), reflect.TypeFor[[3]int](), reflect.TypeFor[failing](), reflect.TypeFor[[]point](), reflect.TypeFor[complex64](),
	reflect.TypeFor[uintptr](), reflect.TypeFor[struct{}](), reflect.TypeFor[everything](),
	reflect.TypeFor[[16]byte](), reflect.TypeFor[grade](), reflect.TypeFor[*money](), reflect.TypeFor[sql.Null[tags]](), reflect.TypeFor[struct{ *point }](),
}

// addTags are the seeds of the two targets.
func addTags(f *testing.F) {
	for i, tag := range []string{
		"", "-", "name,key", ",unique=g,index", ",null,default=NULL", ",default='a,''b'", ",check=(a IN (1,2))", ",json", ",time=rfc3339",
		",nan=null", ",uint=blob", ",dim=3", ",was=old,prefix=", "a b\"c", ",check=')", ",sql=text", ",sql=kind", ",sql=time,time=s", ",sql=blob,default=X'00'", ",,", "=", ",=", ",key=", ",unknown=(x",
	} {
		f.Add(tag, uint(i), "x"+tag, uint(i*7))
	}
}

// FuzzTag looks for tags that panic, and for columns that are let in and
// cannot be written down.
func FuzzTag(f *testing.F) {
	addTags(f)
	f.Fuzz(func(t *testing.T, tag string, a uint, _ string, _ uint) {
		c, err := columnOf(fuzzed[a%uint(len(fuzzed))], tag)
		if err != nil {
			if _, ok := errors.AsType[*schema.TagError](err); !ok || err.Error() == "" {
				t.Fatalf("error %T %v, want a *TagError", err, err)
			}
			return
		}
		if c.Name == "" {
			return
		}
		if _, err := schema.ParseSpec(c.Name, c.Spec()); err != nil {
			t.Errorf("the spec %s is not read back: %v", c.Spec(), err)
		}
	})
}

// FuzzOfType puts whole structs together and writes their SQL.
func FuzzOfType(f *testing.F) {
	addTags(f)
	f.Fuzz(func(t *testing.T, tag1 string, a uint, tag2 string, b uint) {
		// The raw text of the tags: malformed ones as well.
		s, err := schema.OfType(reflect.StructOf([]reflect.StructField{
			{Name: "A", Type: fuzzed[a%uint(len(fuzzed))], Tag: reflect.StructTag(`db:"` + tag1 + `"`)},
			{Name: "B", Type: fuzzed[b%uint(len(fuzzed))], Tag: reflect.StructTag(tag2)},
		}))
		if err != nil {
			if _, ok := errors.AsType[*schema.TagError](err); !ok || err.Error() == "" {
				t.Fatalf("error %T %v, want a *TagError", err, err)
			}
			return
		}
		again, err := schema.New(s.Name(), s.Columns())
		if err != nil {
			t.Fatalf("New refuses the columns of OfType: %v", err)
		}
		if again.Fingerprint() != s.Fingerprint() || len(schema.Diff(again, s)) != 0 {
			t.Error("the same columns give another schema")
		}
		for _, d := range []schema.Dialect{schema.SQLite(), schema.Postgres()} {
			s.CreateTable(d)
			s.Insert(d, schema.Upsert, 2)
		}
	})
}
