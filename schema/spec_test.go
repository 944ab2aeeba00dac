package schema_test

import (
	"errors"
	"strconv"
	"testing"

	"github.com/galley-db/galley/schema"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// anyColumn draws a column that can be.
func anyColumn(name string) *rapid.Generator[schema.Column] {
	return rapid.Custom(func(t *rapid.T) schema.Column {
		c := schema.Column{Name: name, Type: rapid.Map(rapid.IntRange(int(schema.Bool), int(schema.Vector64)), func(i int) schema.Type {
			return schema.Type(i)
		}).Draw(t, "type")}
		c.Nullable = rapid.Bool().Draw(t, "null")
		c.Key = !c.Nullable && rapid.Bool().Draw(t, "key")
		group := rapid.SampledFrom([]string{"", "", "g", "two words", `"=x`, "é", "a=b", "unique"})
		c.Unique, c.Index = group.Draw(t, "unique"), group.Draw(t, "index")
		c.Check = rapid.SampledFrom([]string{"", "a > 1", "a IN (1, 'x y')", `"q""q" <> ')'`, "a\n<\t2", "1"}).Draw(t, "check")
		if c.Nullable {
			c.Default = rapid.SampledFrom([]string{"", "NULL", "null"}).Draw(t, "default")
		}
		switch c.Type {
		case schema.Time:
			c.Unit = schema.TimeUnit(rapid.IntRange(0, int(schema.RFC3339)).Draw(t, "unit"))
		case schema.Uint64:
			c.Uint = schema.UintPolicy(rapid.IntRange(0, int(schema.UintBlob)).Draw(t, "uint"))
		case schema.Vector32, schema.Vector64:
			c.Dim = rapid.IntRange(0, 1000).Draw(t, "dim")
		case schema.Float32, schema.Float64:
			c.NaNNull = c.Nullable && rapid.Bool().Draw(t, "nan")
		case schema.Text:
			c.Default = rapid.SampledFrom([]string{"", "'a b'", "'it''s'", `'"'`, "''"}).Draw(t, "default")
			c.Batch = !c.Nullable && !c.Key && rapid.Bool().Draw(t, "batch")
		}
		return c
	})
}

func TestSpecRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyColumn("c").Draw(t, "column")
		got, err := schema.ParseSpec("c", want.Spec())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s differs (-want +got):\n%s", want.Spec(), diff)
		}
	})
}

func TestSpec(t *testing.T) {
	for want, c := range map[string]schema.Column{
		"float64 null nan=null":              {Type: schema.Float64, Nullable: true, NaNNull: true},
		"time ms key":                        {Type: schema.Time, Unit: schema.Millis, Key: true},
		"time us":                            {Type: schema.Time},
		"uint64 uint=text unique=g":          {Type: schema.Uint64, Uint: schema.UintText, Unique: "g"},
		"vector32 dim=3 index=by_x":          {Type: schema.Vector32, Dim: 3, Index: "by_x"},
		`text default="'a b'" check="a > 1"`: {Type: schema.Text, Default: "'a b'", Check: "a > 1", Was: "x", Field: "Y"},
	} {
		if got := c.Spec(); got != want {
			t.Errorf("spec is %s, want %s", got, want)
		}
	}
}

func TestParseSpecRefuses(t *testing.T) {
	for _, spec := range []string{
		"", " ", "text ", " text", "texts", "Text", "text null null", "null text", "text key null", "time", "time us us", "time years",
		"uint64 uint=int", "uint64 uint=x", "vector32 dim=0", "vector32 dim=x", "vector32 dim=03", "text nan=null", "float64 nan=null",
		"float64 null nan=x", `text check="`, `text check="a"b`, `text check="a" `, `text unique="g"`, "text unique=", "text key=1",
		"text x", "text =", "text  null", `text check="a)"`, "int64 default=x", "type(0)", "text dim", "bool text",
	} {
		c, err := schema.ParseSpec("c", spec)
		if _, ok := errors.AsType[*schema.ColumnError](err); !ok {
			t.Errorf("%q: column %+v, error %v; want a *ColumnError", spec, c, err)
		}
	}
	if _, err := schema.ParseSpec("rowid", "text"); err == nil {
		t.Error("a column named rowid: no error")
	}
}

func FuzzParseSpec(f *testing.F) {
	f.Add("c", "float64 null nan=null")
	f.Add("c", `text unique="a b" default="'x'" check="c > '1'"`)
	f.Fuzz(func(t *testing.T, name, spec string) {
		c, err := schema.ParseSpec(name, spec)
		if err == nil && c.Spec() != spec {
			t.Errorf("%q is read, and written as %q", spec, c.Spec())
		}
	})
}

func TestNamesOfEnums(t *testing.T) {
	for want, got := range map[string]string{
		"int8": schema.Int8.String(), "vector64": schema.Vector64.String(), "Type(0)": schema.Type(0).String(),
		"Type(" + strconv.Itoa(200) + ")": schema.Type(200).String(), "us": schema.Micros.String(), "rfc3339": schema.RFC3339.String(),
		"TimeUnit(9)": schema.TimeUnit(9).String(), "int": schema.UintInt.String(), "UintPolicy(9)": schema.UintPolicy(9).String(),
		"append": schema.Append.String(), "upsert": schema.Upsert.String(), "ignore": schema.Ignore.String(), "Mode(9)": schema.Mode(9).String(),
		"column added": schema.Added.String(), "ChangeKind(0)": schema.ChangeKind(0).String(), "ChangeKind(99)": schema.ChangeKind(99).String(),
		"safe": schema.Safe.String(), "lossy": schema.Lossy.String(), "Risk(9)": schema.Risk(9).String(),
	} {
		if got != want {
			t.Errorf("name is %s, want %s", got, want)
		}
	}
}
