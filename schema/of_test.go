package schema_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/galley-db/galley/schema"
	"github.com/google/go-cmp/cmp"
)

func TestSnakeCase(t *testing.T) {
	for name, want := range map[string]string{
		"ID": "id", "A": "a", "Volume": "volume", "HTTPServer": "http_server", "SubjectID": "subject_id",
		"SubjectIDs": "subject_ids", "IDsSeen": "ids_seen", "URLs": "urls", "VolumeMM3": "volume_mm3", "Volume3D": "volume3d",
		"Vol3DMean": "vol3d_mean", "Sha256Sum": "sha256_sum", "UTF8String": "utf8_string", "NormStdDev": "norm_std_dev",
		"Foo_Bar": "foo_bar", "X1": "x1", "Ärger": "ärger", "IsOK": "is_ok", "GetHTTPResponse": "get_http_response",
	} {
		s, err := schema.OfType(reflect.StructOf([]reflect.StructField{{Name: name, Type: intType}}))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if got := s.Columns()[0].Name; got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

type (
	VolumeScan     struct{ A int }
	pair[A, B any] struct {
		First  A
		Second B
	}
	tree struct {
		Left, Right *tree
		A           int
	}
	list struct {
		A    int
		Next []list
	}
	SqliteRow   struct{ A int }
	GalleyRow   struct{ A int }
	hidden      struct{ A int }
	Base        struct{ Subject string }
	Named       struct{ Session string }
	Prefixed    struct{ Run int }
	PointerBase struct{ *Base }
	none        struct{ a int } //nolint:unused // not exported on purpose
	jsonTree    struct {
		Root *tree `db:",json"`
	}
	// Each has sixteen fields of the one before: 17 million leaves. They are not
	// generic, as the compiler would look at each leaf.
	none1 struct{ A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P struct{} }
	none2 struct{ A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P none1 }
	none3 struct{ A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P none2 }
	none4 struct{ A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P none3 }
	none5 struct{ A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P none4 }
	none6 struct{ A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P none5 }
	bool1 struct{ A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P bool }
	bool2 struct{ A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P bool1 }
	bool3 struct{ A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P bool2 }
	bool4 struct{ A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P bool3 }
	bool5 struct{ A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P bool4 }
	bool6 struct{ A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P bool5 }

	recursiveGeneric struct{ P pair[int, *recursiveGeneric] }
)

func TestTableName(t *testing.T) {
	for want, of := range map[string]func() (*schema.Schema, error){
		"volume_scan": schema.Of[VolumeScan], "pair": schema.Of[pair[int, pair[string, bool]]], "row": schema.Of[struct{ A int }],
		"json_tree": schema.Of[jsonTree],
	} {
		s, err := of()
		if err != nil {
			t.Errorf("%s: %v", want, err)
		} else if s.Name() != want {
			t.Errorf("table is %s, want %s", s.Name(), want)
		}
	}
}

func TestEmbeddedStructsFlatten(t *testing.T) {
	type row struct {
		hidden
		Base
		Named    `db:"named"`
		Prefixed `db:",prefix=p_"`
		Pair     pair[int8, struct{ Deep bool }]
		Bare     point    `db:",prefix="`
		Skipped  chan int `db:"-"`
	}
	s, err := schema.Of[row]()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range s.Columns() {
		got = append(got, c.Name+" "+c.Field)
	}
	want := []string{
		"a hidden.A", "subject Base.Subject", "named_session Named.Session", "p_run Prefixed.Run",
		"pair_first Pair.First", "pair_second_deep Pair.Second.Deep", "x Bare.X", "y Bare.Y",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("columns differ (-want +got):\n%s", diff)
	}
}

func TestHostileTypes(t *testing.T) {
	for name, hostile := range map[string]reflect.Type{
		"nil": nil, "int": intType, "pointer": reflect.TypeFor[*point](), "any": reflect.TypeFor[any](), "empty": reflect.TypeFor[struct{}](),
		"tree": reflect.TypeFor[tree](), "list": reflect.TypeFor[list](), "recursive generic": reflect.TypeFor[recursiveGeneric](),
		"sqlite_": reflect.TypeFor[SqliteRow](), "galley_": reflect.TypeFor[GalleyRow](), "embedded pointer": reflect.TypeFor[PointerBase](),
		"unexported": reflect.TypeFor[none](), "map": reflect.TypeFor[map[string]int](), "double": reflect.TypeFor[none6](), "wide": reflect.TypeFor[bool6](),
		"chan": reflect.TypeFor[chan int](), "func": reflect.TypeFor[func()](),
	} {
		if _, err := schema.OfType(hostile); errorsAsTag(err) == nil {
			t.Errorf("%s: error %v, want a *TagError", name, err)
		} else if len(errorsAsTag(err).Problems) == 0 {
			t.Errorf("%s: a *TagError without problems", name)
		}
	}
}

// Fields without columns are checked as well.
func TestFieldLimit(t *testing.T) {
	fields := []reflect.StructField{{Name: "A", Type: intType}}
	for i := range 20_000 {
		fields = append(fields, reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: intType, Tag: `db:"-"`})
	}
	if _, err := schema.OfType(reflect.StructOf(fields)); errorsAsTag(err) == nil {
		t.Errorf("20,001 fields: error %v, want a *TagError", err)
	}
	if _, err := schema.OfType(reflect.StructOf(fields[:20_000])); err != nil {
		t.Errorf("20,000 fields: %v", err)
	}
}

func errorsAsTag(err error) *schema.TagError {
	bad, _ := errors.AsType[*schema.TagError](err)
	return bad
}

func structOf(columns int) reflect.Type {
	fields := make([]reflect.StructField, columns)
	for i := range fields {
		fields[i] = reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: floatType}
	}
	return reflect.StructOf(fields)
}

func TestColumnLimit(t *testing.T) {
	s, err := schema.OfType(structOf(2000))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(s.Columns()); got != 2000 {
		t.Errorf("%d columns, want 2000", got)
	}
	if _, err := schema.OfType(structOf(2001)); errorsAsTag(err) == nil || !strings.Contains(err.Error(), "2,000") {
		t.Errorf("2001 columns: error %v, want a *TagError that names the limit", err)
	}
	columns := append([]schema.Column{{Name: "one_more", Type: schema.Bool}}, s.Columns()...)
	if _, err := schema.New("t", columns); !errors.Is(err, schema.ErrColumnCount) {
		t.Errorf("New with 2001 columns: error %v, want ErrColumnCount", err)
	}
	if _, err := schema.New("t", nil); !errors.Is(err, schema.ErrColumnCount) {
		t.Errorf("New without columns: error %v, want ErrColumnCount", err)
	}
}

func TestOfIsOneAndConcurrent(t *testing.T) {
	type fresh struct{ A, B, C int }
	var group sync.WaitGroup
	got := make([]*schema.Schema, 16)
	for i := range got {
		group.Go(func() {
			s, err := schema.Of[fresh]()
			if err != nil {
				t.Error(err)
			}
			got[i] = s
		})
	}
	group.Wait()
	for _, s := range got {
		if s != got[0] {
			t.Fatal("Of gave two schemas for one type")
		}
	}
}

func TestNewChecksNames(t *testing.T) {
	for _, c := range []struct{ table, column, kind string }{
		{"", "a", "table"}, {"a\x00", "a", "table"}, {"\xff", "a", "table"}, {"sqlite_x", "a", "table"},
		{"SQLite_x", "a", "table"}, {"galley_x", "a", "table"}, {"GALLEY_", "a", "table"},
		{"t", "", "column"}, {"t", "a\x00b", "column"}, {"t", "\xc3", "column"}, {"t", "RowID", "column"},
		{"t", "oid", "column"}, {"t", "_rowid_", "column"}, {"t", "SUBJECT", "column"},
	} {
		_, err := schema.New(c.table, []schema.Column{{Name: "subject", Type: schema.Text}, {Name: c.column, Type: schema.Text}})
		bad, ok := errors.AsType[*schema.NameError](err)
		if !ok || bad.Kind != c.kind {
			t.Errorf("%q.%q: error %v, want a *NameError about a %s", c.table, c.column, err, c.kind)
		}
	}
	for _, c := range []schema.Column{{}, {Type: 200}, {Type: schema.Int8, Dim: 3}, {Type: schema.Float32, NaNNull: true},
		{Type: schema.Text, Unit: schema.Nanos}, {Type: schema.Time, Unit: 9}, {Type: schema.Uint64, Uint: 9},
		{Type: schema.Int64, Uint: schema.UintText}, {Type: schema.Vector32, Dim: -1}, {Type: schema.Bool, Key: true, Nullable: true},
		{Type: schema.Text, NaNNull: true, Nullable: true}, {Type: schema.Text, Default: "x"}, {Type: schema.Text, Check: ")"}} {
		c.Name = "c"
		_, err := schema.New("t", []schema.Column{c})
		if _, ok := errors.AsType[*schema.ColumnError](err); !ok {
			t.Errorf("%+v: error %v, want a *ColumnError", c, err)
		}
	}
	for _, c := range []schema.Column{{Unique: "\x00"}, {Index: "\xff"}, {Was: "oid"}} {
		c.Name, c.Type = "c", schema.Text
		_, err := schema.New("t", []schema.Column{c})
		if _, ok := errors.AsType[*schema.NameError](err); !ok {
			t.Errorf("%+v: error %v, want a *NameError", c, err)
		}
	}
}

func TestSchema(t *testing.T) {
	s := region(t)
	if diff := cmp.Diff([]string{"subject", "session"}, s.Key()); diff != "" {
		t.Errorf("key differs (-want +got):\n%s", diff)
	}
	if i, ok := s.Column("STRUCT_NAME"); i != 2 || !ok {
		t.Errorf("Column(STRUCT_NAME) = %d, %v; want 2, true", i, ok)
	}
	if _, ok := s.Column("nowhere"); ok {
		t.Error("found a column that is not there")
	}
	if p, _ := must[point](t); p.Indexed() || !s.Indexed() {
		t.Errorf("Indexed: point %v, region %v; want false, true", p.Indexed(), s.Indexed())
	}
	same, err := s.Named("")
	if err != nil || same != s {
		t.Errorf(`Named("") = %p, %v; want %p`, same, err, s)
	}
	other, err := s.Named("other")
	if err != nil {
		t.Fatal(err)
	}
	if other.Name() != "other" || s.Name() != "region" || other.Fingerprint() != s.Fingerprint() {
		t.Errorf("Named gave %s %s of %s %s", other.Name(), other.Fingerprint(), s.Name(), s.Fingerprint())
	}
	if _, err := s.Named("sqlite_x"); err == nil {
		t.Error("Named(sqlite_x) returned no error")
	}
	// Files keep it: it must never change.
	const want = "c3d749c2cee1fc4d9b1207daaa04deb0"
	if got := s.Fingerprint(); got != want {
		t.Errorf("fingerprint is %s, want %s", got, want)
	}
}

// Neither Field nor Was is a part of the fingerprint; all else is.
func TestFingerprint(t *testing.T) {
	print := func(columns ...schema.Column) string {
		s, err := schema.New("t", columns)
		if err != nil {
			t.Fatal(err)
		}
		return s.Fingerprint()
	}
	a, b := schema.Column{Name: "a", Type: schema.Int64}, schema.Column{Name: "b", Type: schema.Text}
	want := print(a, b)
	fielded := a
	fielded.Field, fielded.Was = "X.A", "z"
	if got := print(fielded, b); got != want {
		t.Error("Field or Was changes the fingerprint")
	}
	seen := map[string]string{want: "as it is"}
	for name, change := range map[string]func(*schema.Column){
		"name": func(c *schema.Column) { c.Name = "c" }, "type": func(c *schema.Column) { c.Type = schema.Int32 },
		"null": func(c *schema.Column) { c.Nullable = true }, "key": func(c *schema.Column) { c.Key = true },
		"unique": func(c *schema.Column) { c.Unique = "g" }, "index": func(c *schema.Column) { c.Index = "g" },
		"default": func(c *schema.Column) { c.Default = "1" }, "check": func(c *schema.Column) { c.Check = "a>1" },
	} {
		changed := a
		change(&changed)
		got := print(changed, b)
		if other, ok := seen[got]; ok {
			t.Errorf("%s: the fingerprint is that of %s", name, other)
		}
		seen[got] = name
	}
	if print(b, a) == want {
		t.Error("the order makes no difference to the fingerprint")
	}
}
