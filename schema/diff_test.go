package schema_test

import (
	"strconv"
	"testing"

	"github.com/galley-db/galley/schema"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// table makes a schema of name and spec, name and spec; "new<old" is a
// column that was old.
func table(t testing.TB, name string, columns ...string) *schema.Schema {
	t.Helper()
	var list []schema.Column
	for i := 0; i < len(columns); i += 2 {
		c, err := schema.ParseSpec(columns[i], columns[i+1])
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, c)
	}
	s, err := schema.New(name, list)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// renamed is s with a column said to have been another.
func renamed(t testing.TB, s *schema.Schema, column, was string) *schema.Schema {
	t.Helper()
	columns := append([]schema.Column(nil), s.Columns()...)
	i, _ := s.Column(column)
	columns[i].Was = was
	s, err := schema.New(s.Name(), columns)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDiff(t *testing.T) {
	have := table(t, "old", "a", "int64 key", "b", "text unique=g index=i", "c", "float64", "d", "int32 default=1 check=\"d > 0\"")
	for _, c := range []struct {
		name string
		want *schema.Schema
		diff []schema.Change
	}{
		{"same", table(t, "t", "a", "int64 key", "b", "text unique=g index=i", "c", "float64", "d", "int32 default=1 check=\"d > 0\""), nil},
		{"columns", table(t, "t", "a", "int64 key", "b", "text unique=g index=i", "d", "int32 default=1 check=\"d > 0\"",
			"e", "text null", "f", "text", "g", `text default="'x'" check="g <> ''"`), []schema.Change{
			{Kind: schema.Added, Column: "e", Want: "text null", SQL: `ALTER TABLE "t" ADD COLUMN "e" TEXT`, Risk: schema.Safe},
			{Kind: schema.Added, Column: "f", Want: "text", Risk: schema.Rebuild},
			{Kind: schema.Added, Column: "g", Want: `text default="'x'" check="g <> ''"`,
				SQL: `ALTER TABLE "t" ADD COLUMN "g" TEXT NOT NULL DEFAULT 'x' CHECK (g <> '')`, Risk: schema.Fallible},
			{Kind: schema.Dropped, Column: "c", Have: "float64", SQL: `ALTER TABLE "t" DROP COLUMN "c"`, Risk: schema.Lossy},
		}},
		{"rename", renamed(t, table(t, "t", "a", "int64 key", "bb", "text unique=g index=i", "C", "float64", "d", "int32 default=1 check=\"d > 0\""), "bb", "B"),
			[]schema.Change{
				{Kind: schema.Renamed, Column: "bb", Want: "bb", Have: "b", SQL: `ALTER TABLE "t" RENAME COLUMN "b" TO "bb"`, Risk: schema.Safe},
				{Kind: schema.Renamed, Column: "C", Want: "C", Have: "c", SQL: `ALTER TABLE "t" RENAME COLUMN "c" TO "C"`, Risk: schema.Safe},
			}},
		{"rules", table(t, "t", "a", "int64", "b", "text key unique=h", "c", "float64 null index=i", "d", "int32 check=\"d > 1\""),
			[]schema.Change{
				{Kind: schema.IndexDropped, Have: "i (b)", Group: schema.Group{Name: "i", Columns: []string{"b"}}, SQL: `DROP INDEX "galley_t_i_idx_7a3157ac3c3f26d8"`, Risk: schema.Safe},
				{Kind: schema.NullChanged, Column: "c", Want: "float64 null index=i", Have: "float64", Risk: schema.Rebuild},
				{Kind: schema.DefaultChanged, Column: "d", Have: "1", Risk: schema.Rebuild},
				{Kind: schema.CheckChanged, Column: "d", Want: "d > 1", Have: "d > 0", Risk: schema.Rebuild},
				{Kind: schema.KeyChanged, Want: "b", Have: "a", Risk: schema.Rebuild},
				{Kind: schema.UniqueDropped, Have: "g (b)", Group: schema.Group{Name: "g", Columns: []string{"b"}}, Risk: schema.Rebuild},
				{Kind: schema.UniqueAdded, Want: "h (b)", Group: schema.Group{Name: "h", Columns: []string{"b"}}, SQL: `CREATE UNIQUE INDEX "galley_t_h_key_7a5da5fed0448fb8" ON "t" ("b")`, Risk: schema.Fallible},
				{Kind: schema.IndexAdded, Want: "i (c)", Group: schema.Group{Name: "i", Columns: []string{"c"}}, SQL: `CREATE INDEX "galley_t_i_idx_7a3157ac3c3f26d8" ON "t" ("c")`, Risk: schema.Safe},
			}},
		{"key added", table(t, "t", "a", "int64 key", "b", "text unique=g index=i", "c", "float64", "d", "int32 default=1 check=\"d > 0\"", "k", "int8 key default=1"),
			[]schema.Change{
				{Kind: schema.Added, Column: "k", Want: "int8 key default=1", Risk: schema.Rebuild},
				{Kind: schema.KeyChanged, Want: "a, k", Have: "a", Risk: schema.Rebuild},
			}},
		{"ruled dropped", table(t, "t", "c", "float64", "d", "int32 default=1 check=\"d > 0\""),
			[]schema.Change{
				{Kind: schema.IndexDropped, Have: "i (b)", Group: schema.Group{Name: "i", Columns: []string{"b"}}, SQL: `DROP INDEX "galley_t_i_idx_7a3157ac3c3f26d8"`, Risk: schema.Safe},
				{Kind: schema.Dropped, Column: "a", Have: "int64 key", Risk: schema.Lossy},
				{Kind: schema.Dropped, Column: "b", Have: "text unique=g index=i", Risk: schema.Lossy},
				{Kind: schema.KeyChanged, Have: "a", Risk: schema.Rebuild},
				{Kind: schema.UniqueDropped, Have: "g (b)", Group: schema.Group{Name: "g", Columns: []string{"b"}}, Risk: schema.Rebuild},
			}},
		{"both names", renamed(t, table(t, "t", "a", "int64 key", "b", "text unique=g index=i", "d", "int32 default=1 check=\"d > 0\""), "a", "c"),
			[]schema.Change{
				{Kind: schema.Renamed, Column: "a", Want: "a", Have: "c", Risk: schema.Lossy},
				{Kind: schema.Dropped, Column: "c", Have: "float64", SQL: `ALTER TABLE "t" DROP COLUMN "c"`, Risk: schema.Lossy},
			}},
		{"order", table(t, "t", "b", "text unique=g index=i", "a", "int64 key", "c", "float64", "d", "int32 default=1 check=\"d > 0\""),
			[]schema.Change{{Kind: schema.Moved, Want: "b, a, c, d", Have: "a, b, c, d", Risk: schema.Safe}}},
	} {
		if diff := cmp.Diff(c.diff, schema.Diff(c.want, have)); diff != "" {
			t.Errorf("%s: changes differ (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestDiffTypes(t *testing.T) {
	for _, c := range []struct {
		have, want string
		kind       schema.ChangeKind
		risk       schema.Risk
	}{
		{"int8", "int64", schema.Widened, schema.Safe}, {"int64", "int8", schema.Narrowed, schema.Lossy},
		{"bool", "int8", schema.Widened, schema.Safe}, {"int8", "bool", schema.Narrowed, schema.Lossy},
		{"uint8", "int16", schema.Widened, schema.Safe}, {"int8", "uint64", schema.Narrowed, schema.Lossy},
		{"uint32", "int32", schema.Narrowed, schema.Lossy}, {"uint32", "int64", schema.Widened, schema.Safe},
		{"uint64", "int64", schema.Widened, schema.Safe}, {"int64", "uint64", schema.Narrowed, schema.Lossy},
		{"uint64", "uint64 uint=text", schema.Widened, schema.Rebuild}, {"uint64 uint=blob", "uint64", schema.Narrowed, schema.Lossy},
		{"uint64 uint=blob", "uint64 uint=text", schema.Widened, schema.Rebuild}, {"uint64 uint=text", "int64", schema.Narrowed, schema.Lossy},
		{"float32", "float64", schema.Widened, schema.Safe}, {"float64", "float32", schema.Narrowed, schema.Lossy},
		{"int32", "float64", schema.Widened, schema.Rebuild}, {"int64", "float64", schema.Narrowed, schema.Lossy},
		{"int16", "float32", schema.Widened, schema.Rebuild}, {"int32", "float32", schema.Narrowed, schema.Lossy},
		{"float64", "int64", schema.Narrowed, schema.Lossy}, {"json", "text", schema.Widened, schema.Safe},
		{"text", "json", schema.Narrowed, schema.Lossy}, {"text", "blob", schema.Narrowed, schema.Lossy},
		{"duration", "int64", schema.Widened, schema.Safe}, {"int64", "duration", schema.Widened, schema.Safe},
		{"time s", "time us", schema.Widened, schema.Rebuild}, {"time us", "time s", schema.Narrowed, schema.Lossy},
		{"time us", "time ns", schema.Narrowed, schema.Lossy}, {"time us", "time rfc3339", schema.Narrowed, schema.Lossy},
		{"time us", "int64", schema.Narrowed, schema.Lossy}, {"int64", "time us", schema.Narrowed, schema.Lossy},
		{"vector32 dim=3", "vector32", schema.Widened, schema.Safe}, {"vector32", "vector32 dim=3", schema.Narrowed, schema.Lossy},
		{"vector32", "vector64", schema.Widened, schema.Rebuild}, {"vector64", "vector32", schema.Narrowed, schema.Lossy},
		{"blob", "vector32", schema.Narrowed, schema.Lossy}, {"float64 null", "float64", schema.NullChanged, schema.Lossy},
		{"float64 null", "float64 null nan=null", schema.NullChanged, schema.Safe},
		{"float64 null nan=null", "float64 null", schema.NullChanged, schema.Lossy},
	} {
		want := []schema.Change{{Kind: c.kind, Column: "c", Want: c.want, Have: c.have, Risk: c.risk}}
		if diff := cmp.Diff(want, schema.Diff(table(t, "t", "c", c.want), table(t, "t", "c", c.have))); diff != "" {
			t.Errorf("%s to %s: changes differ (-want +got):\n%s", c.have, c.want, diff)
		}
	}
}

// There is a change exactly if the fingerprints differ.
func TestDiffAndFingerprintAgree(t *testing.T) {
	any := rapid.Custom(func(t *rapid.T) []schema.Column {
		names := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d"}), 1, 4, rapid.ID).Draw(t, "names")
		var columns []schema.Column
		for _, name := range names {
			columns = append(columns, anyColumn(name).Draw(t, name))
		}
		return columns
	})
	rapid.Check(t, func(t *rapid.T) {
		first := any.Draw(t, "want")
		second := any.Draw(t, "have")
		if rapid.Bool().Draw(t, "nearly the same") {
			second = append([]schema.Column(nil), first...)
			if rapid.Bool().Draw(t, "one differs") {
				i := rapid.IntRange(0, len(second)-1).Draw(t, "at")
				second[i] = anyColumn(second[i].Name).Draw(t, "column")
			}
		}
		want, err := schema.New("t", first)
		if err != nil {
			t.Fatal(err)
		}
		have, err := schema.New("t", second)
		if err != nil {
			t.Fatal(err)
		}
		changes := schema.Diff(want, have)
		if same := want.Fingerprint() == have.Fingerprint(); same != (len(changes) == 0) {
			t.Fatalf("same fingerprint: %v, changes: %v", same, changes)
		}
		for _, c := range changes {
			if c.Risk == 0 || c.Kind == 0 || c.String() == "" {
				t.Fatalf("%+v has no kind, risk or text", c)
			}
		}
	})
}

func TestGroupsOfOtherCaseAreOne(t *testing.T) {
	s := table(t, "t", "a", "text index=G", "b", "text index=g")
	if diff := cmp.Diff([]schema.Group{{Name: "G", Columns: []string{"a", "b"}}}, s.Indexes()); diff != "" {
		t.Errorf("groups differ (-want +got):\n%s", diff)
	}
	if same := table(t, "t", "a", "text index=G", "b", "text index=G"); same.Fingerprint() != s.Fingerprint() {
		t.Error("the case of a group's second column changes the fingerprint")
	}
}

func BenchmarkDiff2000(b *testing.B) {
	columns := make([]schema.Column, 2000)
	for i := range columns {
		columns[i] = schema.Column{Name: "c" + strconv.Itoa(i), Type: schema.Float64}
	}
	want, err := schema.New("t", columns)
	if err != nil {
		b.Fatal(err)
	}
	have, err := schema.New("t", columns[:1000])
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		schema.Diff(want, have)
	}
}
