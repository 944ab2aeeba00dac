package schema_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/galley-db/galley/schema"
)

// A tag that package reflect cannot read to its end would lose the key and the
// name that it holds.
func TestMalformedTags(t *testing.T) {
	of := func(tags ...string) (*schema.Schema, error) {
		var fields []reflect.StructField
		for i, tag := range tags {
			fields = append(fields, reflect.StructField{Name: string(rune('A' + i)), Type: reflect.TypeFor[int](), Tag: reflect.StructTag(tag)})
		}
		return schema.OfType(reflect.StructOf(fields))
	}
	for _, tag := range []string{
		`json:"a" db: "b,key"`,
		`json:a db:"b,key"`,
		`json:"a", db:"b,key"`,
		`json:"a db:"b,key"`,
		`db:"b,key`,
		`db:" b,key"`,
	} {
		_, err := of(tag)
		if bad, ok := errors.AsType[*schema.TagError](err); !ok || bad.Problems[0].Field != "A" {
			t.Errorf("%s: %v, want a *TagError about field A", tag, err)
		}
	}
	s, err := of(`json:"a"db:"c"`, `xml:no`)
	if err != nil || strings.Join(s.ColumnNames(), " ") != "c b" {
		t.Errorf("a tag that reflect reads, and one without db: %v, %v", s, err)
	}
}

// A check stays within its parentheses on both backends, whatever forms of
// quotes it has.
func TestChecksCannotClose(t *testing.T) {
	for _, check := range []string{
		"[a)b] > 0", "[a > 0", "a > 0 AND [x'] = 'b'", `a = E'\'' OR (b) = '`, `a = e'x\''`, "a = $$)$$", "a = $q$)$q$", "$1 = a", `a = \(`,
	} {
		_, err := schema.New("t", []schema.Column{{Name: "a", Type: schema.Text, Check: check}})
		if _, ok := errors.AsType[*schema.ColumnError](err); !ok {
			t.Errorf("check %s: %v, want a *ColumnError", check, err)
		}
	}
	for _, check := range []string{`a = 'x\y'`, "a <> 'cost $5'", "[a] > 0", "a$b = 1", `a LIKE 'E' || '\%' ESCAPE '\'`, `date = '\'`} {
		if _, err := schema.New("t", []schema.Column{{Name: "a", Type: schema.Text, Check: check}}); err != nil {
			t.Errorf("check %s: %v", check, err)
		}
	}
}
