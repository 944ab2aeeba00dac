package jsonrow

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// read returns the objects of a text with their lines.
func read(r io.Reader) (all []string, err error) {
	rows := NewReader(r)
	for {
		if err := rows.Next(); err != nil {
			if errors.Is(err, io.EOF) {
				return all, nil
			}
			return all, err
		}
		all = append(all, fmt.Sprintf("%d:%s", rows.Line(), rows.Row()))
	}
}

func TestObjectsAreCutHoweverTheyFollow(t *testing.T) {
	for _, test := range []struct {
		text string
		want []string
		err  error
	}{
		{"", nil, nil},
		{" \n\n", nil, nil},
		{"\ufeff{\"a\":1}\n\n{\"a\":2}\r\n", []string{`1:{"a":1}`, `3:{"a":2}`}, nil},
		{"{\"a\":1\n{\"a\":2}", []string{`1:{"a":1`, `2:{"a":2}`}, nil},
		{"{\n \"a\": 1\n}\n{\n \"a\": [\n2]\n}", []string{"1:{\n \"a\": 1\n}", "4:{\n \"a\": [\n2]\n}"}, nil},
		{"{\"a\":1,\n\"b\":\"}\"}\n{\"a\":2}", []string{"1:{\"a\":1,\n\"b\":\"}\"}", `3:{"a":2}`}, nil},
		{"{\n\"a\": 1,\n{\"a\":2}\n", []string{"1:{\n\"a\": 1,", `3:{"a":2}`}, nil},
		{`[]`, nil, nil},
		{`[{"a":1}, {"a":"],[\""}
			,7]`, []string{`1:{"a":1}`, `1:{"a":"],[\""}`, "2:7"}, nil},
		{`[{"a":1}`, nil, ErrEnd},
		{`[{"a":1},]`, nil, ErrEnd},
		{`[{"a":1}]{}`, nil, ErrEnd},
		{`[{"a":1}`, nil, ErrEnd},
	} {
		have, err := read(strings.NewReader(test.text))
		if !errors.Is(err, test.err) || err == nil && !reflect.DeepEqual(have, test.want) {
			t.Errorf("%q: %q, %v; want %q, %v", test.text, have, err, test.want, test.err)
		}
	}
}

func TestReadErrorsEndTheReading(t *testing.T) {
	broken := errors.New("broken")
	for _, text := range []string{"", `{"a":1}` + "\n" + `{"a":`, "{\n\"a\":", `[{"a":1},{"a"`} {
		_, err := read(io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken)))
		if !errors.Is(err, broken) {
			t.Errorf("%q: %v, want the reader's error", text, err)
		}
	}
}

func TestMembersAreStrict(t *testing.T) {
	for text, want := range map[string]error{
		`{"a":1}`: nil, `{}`: nil, ` { "a" : [1, {"b":"]"}] , "c":"\ud83d\ude00" } `: nil, `{"a":-1.5e+3,"b":true,"c":null}`: nil,
		`{"a":1`: ErrSyntax, `[1]`: ErrSyntax, `1`: ErrSyntax, `null`: ErrSyntax, `{"a":NaN}`: ErrSyntax, `{"a":.5}`: ErrSyntax, `{"a":1.}`: ErrSyntax,
		`{"a":01}`: ErrSyntax, `{"a":+1}`: ErrSyntax, `{"a":t}`: ErrSyntax, "{\"a\":\"\t\"}": ErrSyntax, `{a:1}`: ErrSyntax, `{"a":1,}`: ErrSyntax, `{"a":1}}`: ErrSyntax,
		"{\"a\":\"J\xff\"}": ErrUnicode, "{\"a\":\"J\xff\\n\"}": ErrUnicode, `{"a":"\ud800"}`: ErrUnicode, `{"a":"\ude00"}`: ErrUnicode, `{"a":"\ud800\u0041"}`: ErrUnicode,
		`{"\ud800":1}`: ErrUnicode, `{"a":"\\ud800"}`: nil,
	} {
		err := Members([]byte(text), func(string, []byte) error { return nil })
		if !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
	err := Members([]byte(`{"a":NaN}`), nil)
	if err == nil || !strings.Contains(err.Error(), "NaN is not JSON") {
		t.Errorf("the error does not name NaN: %v", err)
	}
}

// TestMembersAgreeWithDecoding compares with encoding/json on random objects.
func TestMembersAgreeWithDecoding(t *testing.T) {
	value := rapid.OneOf(
		rapid.Just(any(nil)), rapid.Map(rapid.Bool(), func(v bool) any { return v }), rapid.Map(rapid.Float64Range(-1e9, 1e9), func(v float64) any { return v }),
		rapid.Map(rapid.String(), func(v string) any { return v }), rapid.Map(rapid.SliceOf(rapid.String()), func(v []string) any { return v }),
		rapid.Map(rapid.MapOf(rapid.String(), rapid.Int()), func(v map[string]int) any { return v }),
	)
	rapid.Check(t, func(t *rapid.T) {
		object := rapid.MapOf(rapid.StringN(0, 8, -1), value).Draw(t, "object")
		text, err := json.Marshal(object)
		if rapid.Bool().Draw(t, "spread") {
			text, err = json.MarshalIndent(object, "", "  ")
		}
		if err != nil {
			t.Skip(err)
		}
		want := map[string]json.RawMessage{}
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		have := map[string]json.RawMessage{}
		if err := Members(text, func(name string, raw []byte) error {
			have[strings.Clone(name)] = append(json.RawMessage(nil), raw...)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(have, want) {
			t.Fatalf("have %s, want %s", have, want)
		}
	})
}
