package infer

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/schema"
)

func TestTypesHoldEveryValue(t *testing.T) {
	for _, test := range []struct {
		name   string
		values []string
		want   schema.Column
	}{
		{"integers", []string{"1", "-2"}, schema.Column{Type: schema.Int64}},
		{"beyond int64", []string{"12345678901234567890", "12345678901234567891"}, schema.Column{Type: schema.Text}},
		{"beyond 2^53 beside a fraction", []string{"9007199254740993", "0.5"}, schema.Column{Type: schema.Text}},
		{"beyond 2^53 beside NaN", []string{"9007199254740993", "NaN"}, schema.Column{Type: schema.Text}},
		{"small beside a fraction", []string{"3", "0.5"}, schema.Column{Type: schema.Float64}},
		{"small beside NaN", []string{"3", "nan"}, schema.Column{Type: schema.Float64, NaNNull: true, Nullable: true}},
		{"codes", []string{"00601", "10001"}, schema.Column{Type: schema.Text}},
		{"truth values", []string{"true", "FALSE"}, schema.Column{Type: schema.Bool}},
		{"dates and times", []string{"2024-01-02", "2024-01-02T03:04:05.123456Z"}, schema.Column{Type: schema.Time}},
		{"nanoseconds", []string{"2024-01-02T03:04:05.123456789Z", "2024-01-02"}, schema.Column{Type: schema.Time, Unit: schema.Nanos}},
		{"nanoseconds and year 9999", []string{"2024-01-02T03:04:05.123456789Z", "9999-12-31"}, schema.Column{Type: schema.Text}},
		{"12 digits of a second", []string{"2024-01-02T03:04:05.123456789012Z"}, schema.Column{Type: schema.Text}},
		{"nothing", nil, schema.Column{Type: schema.Text}},
	} {
		g := &Guess{}
		for i, text := range test.values {
			g.Text(int64(i+1), []byte(text))
		}
		if have := g.Column(int64(len(test.values))); have != test.want {
			t.Errorf("%s: %+v, want %+v", test.name, have, test.want)
		}
	}
}

func TestTypesHoldEveryJSONValue(t *testing.T) {
	for _, test := range []struct {
		values []string
		want   schema.Type
	}{
		{[]string{"1", "2"}, schema.Int64},
		{[]string{"1", "0.5"}, schema.Float64},
		{[]string{"12345678901234567890"}, schema.JSON},
		{[]string{"9007199254740993", "0.5"}, schema.JSON},
		{[]string{`"1"`, `"2"`}, schema.Text},
		{[]string{`"1"`, `2`}, schema.JSON},
		{[]string{`"2024-01-02"`}, schema.Time},
		{[]string{`"true"`}, schema.Text},
		{[]string{"true", "false"}, schema.Bool},
		{[]string{"[1,2.5]", "[]", "[ 3 ]"}, schema.Vector64},
		{[]string{"[]"}, schema.JSON},
		{[]string{"[9007199254740993,1]"}, schema.JSON},
		{[]string{"[1,null]"}, schema.JSON},
		{[]string{`["NaN"]`}, schema.JSON},
		{[]string{"[1]", "2"}, schema.JSON},
		{[]string{`{"a":1}`}, schema.JSON},
	} {
		g := &Guess{}
		for i, raw := range test.values {
			g.JSON(int64(i+1), []byte(raw))
		}
		if have := g.Type(); have != test.want {
			t.Errorf("%v: %v, want %v", test.values, have, test.want)
		}
	}
	g := &Guess{}
	g.JSON(1, []byte("null"))
	if c := g.Column(1); !c.Nullable || c.Type != schema.Text {
		t.Errorf("null makes %+v", c)
	}
}

func TestQuotedEmptyIsTextOrNULL(t *testing.T) {
	g := &Guess{}
	g.Text(1, []byte("1"))
	g.Quoted()
	if c := g.Column(2); c.Type != schema.Int64 || !c.Nullable {
		t.Errorf("beside a number: %+v", c)
	}
	g.Text(3, []byte("x"))
	if c := g.Column(3); c.Type != schema.Text || c.Nullable {
		t.Errorf("beside a text: %+v", c)
	}
}

func TestWhyNamesTheValue(t *testing.T) {
	g := &Guess{}
	for i, text := range []string{"1", "2", "NA", "4"} {
		g.Text(int64(i+1), []byte(text))
	}
	if have, want := g.Why("row"), `"NA" in row 3 is not an integer of 64 bits`; have != want {
		t.Errorf("%s, want %s", have, want)
	}
}

func TestMergedTypesHoldBoth(t *testing.T) {
	column := func(t schema.Type) schema.Column { return schema.Column{Type: t} }
	for _, test := range []struct{ a, b, want schema.Type }{
		{schema.Int8, schema.Int32, schema.Int32}, {schema.Uint8, schema.Uint32, schema.Uint32}, {schema.Int8, schema.Uint8, schema.Int16},
		{schema.Int64, schema.Uint32, schema.Int64}, {schema.Int32, schema.Uint32, schema.Int64}, {schema.Uint64, schema.Int8, schema.Text},
		{schema.Int16, schema.Float32, schema.Float32}, {schema.Int32, schema.Float32, schema.Float64}, {schema.Int64, schema.Float64, schema.Text},
		{schema.Uint32, schema.Float64, schema.Float64}, {schema.Float32, schema.Float64, schema.Float64}, {schema.Text, schema.Blob, schema.Blob},
		{schema.Text, schema.Int64, schema.Text}, {schema.Text, schema.JSON, schema.Text}, {schema.Vector32, schema.Vector64, schema.Vector64},
		{schema.JSON, schema.Vector64, schema.JSON}, {schema.Text, schema.Time, schema.Text},
	} {
		for _, pair := range [][2]schema.Type{{test.a, test.b}, {test.b, test.a}} {
			c, err := Merge(column(pair[0]), column(pair[1]))
			if err != nil || c.Type != test.want {
				t.Errorf("%v and %v: %v, %v; want %v", pair[0], pair[1], c.Type, err, test.want)
			}
		}
	}
	for _, pair := range [][2]schema.Type{{schema.Bool, schema.Int64}, {schema.Blob, schema.Int64}, {schema.Time, schema.Int64}} {
		if _, err := Merge(column(pair[0]), column(pair[1])); !errors.Is(err, ErrTypes) {
			t.Errorf("%v: %v", pair, err)
		}
	}
	c, err := Merge(schema.Column{Type: schema.Time, Unit: schema.Millis}, schema.Column{Type: schema.Time, Unit: schema.Nanos, Nullable: true})
	if err != nil || c.Unit != schema.Nanos || !c.Nullable {
		t.Errorf("two units: %+v, %v", c, err)
	}
}

// TestRead compares guesses that count values that were read with those that see
// the text of each.
func TestRead(t *testing.T) {
	for name, c := range map[string]struct {
		as         schema.Type
		from       []string // whose text is seen
		then, last []string // then is read
		read       bool
	}{
		"integers":       {schema.Int64, []string{"1"}, []string{"2", "-3"}, []string{"1.5"}, true},
		"numbers":        {schema.Float64, []string{"1", "1.5"}, []string{"2", "-3e5"}, []string{"x"}, true},
		"texts":          {schema.Text, []string{"x"}, []string{"2", "y"}, []string{"true"}, true},
		"no value yet":   {schema.Int64, nil, []string{"2"}, []string{"3"}, false},
		"maybe times":    {schema.Text, []string{"2024-01-02"}, []string{"x"}, []string{"2024-01-02"}, false},
		"maybe integers": {schema.Float64, []string{"1"}, []string{"2.5"}, []string{"3"}, false},
		"other numbers":  {schema.Int64, []string{"1.5"}, []string{"2"}, []string{"3"}, false},
		"bools":          {schema.Bool, []string{"true"}, []string{"false"}, []string{"x"}, false},
	} {
		var counted, saw Guess
		add := func(g *Guess, texts []string) {
			for _, text := range texts {
				g.Text(1, []byte(text))
			}
		}
		add(&counted, c.from)
		add(&saw, slices.Concat(c.from, c.then, c.last))
		read := counted.Read(c.as, int64(len(c.then)))
		if read != c.read {
			t.Errorf("%s: read %t, want %t", name, read, c.read)
		}
		if !read {
			continue
		}
		add(&counted, c.last)
		if diff := cmp.Diff(saw, counted, cmp.AllowUnexported(Guess{}, seen{})); diff != "" {
			t.Errorf("%s (-seen +counted):\n%s", name, diff)
		}
	}
}
