package sheet

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	sqlite3 "github.com/ncruces/go-sqlite3"
)

// TestParameters compares the parameters that are found with SQLite's own.
func TestParameters(t *testing.T) {
	conn, err := sqlite3.Open(":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, sql := range []string{
		"SELECT 1", "SELECT ?", "SELECT ?, ?", "SELECT ?3, ?", "SELECT :a, ?, :b, :a, ?", "SELECT @a, $b, :c_1", "SELECT :a, ?1", "SELECT :é",
		"SELECT '?', x AS \":a\", ? -- ? :b\n, ? /* ? */ FROM (SELECT 1 AS x)", "SELECT 'it''s ?', ?", "SELECT x'00', ? FROM (SELECT 1 AS [a ? b])", "SELECT `x?` FROM (SELECT 1 AS `x?`)",
		"SELECT a$b FROM (SELECT 1 AS a$b) WHERE a$b = $b", "SELECT ? WHERE 1 -- the end", "SELECT ?/* not ended ?", "SELECT :1, :01, ?2",
		"SELECT json_extract('{}', '$.a') ->> '$.b', ?", "SELECT 1 AS \"?\"\"?\", ?",
	} {
		stmt, _, err := conn.Prepare(sql)
		if err != nil {
			t.Errorf("%s: %v", sql, err)
			continue
		}
		want := []string{}
		for i := range stmt.BindCount() {
			name := stmt.BindName(i + 1)
			if len(name) > 0 && name[0] == '?' {
				name = ""
			}
			want = append(want, name)
		}
		if diff := cmp.Diff(want, append([]string{}, parameters(sql)...)); diff != "" {
			t.Errorf("%s (-SQLite +galley):\n%s", sql, diff)
		}
		if err := stmt.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestArgument(t *testing.T) {
	for text, want := range map[string]any{
		"5": int64(5), "-5": int64(-5), "0": int64(0), "9223372036854775807": int64(9223372036854775807), "-0.5": -0.5, "1.50": 1.5, "1e3": 1000.0,
		"": "", "007": "007", "+7": "+7", "sub-01": "sub-01", "1_000": "1_000", ".5": ".5", "5.": "5.", "0x10": "0x10", "Infinity": "Infinity", "true": "true",
		"null": "null", " 5": " 5", "5 ": "5 ", "1,5": "1,5", "[1]": "[1]", "'5'": "'5'", "-": "-",
	} {
		if got, err := Argument(text); err != nil || got != want {
			t.Errorf("%q is %#v, %v; want %#v", text, got, err, want)
		}
	}
	for _, text := range []string{"9223372036854775808", "-9223372036854775809", "1e400"} {
		if got, err := Argument(text); err == nil {
			t.Errorf("%q is %#v, want an error", text, got)
		}
	}
	for _, test := range []struct {
		kind, text string
		want       any
	}{
		{"text", "5", "5"}, {"int", "05", int64(5)}, {"real", "5", 5.0}, {"bool", "true", int64(1)}, {"bool", "0", int64(0)}, {"null", "", nil},
	} {
		if got, err := TypedArgument(test.kind, test.text); err != nil || got != test.want {
			t.Errorf("%s %q is %#v, %v; want %#v", test.kind, test.text, got, err, test.want)
		}
	}
	if got, err := TypedArgument("blob", "00ff"); err != nil || string(got.([]byte)) != "\x00\xff" {
		t.Errorf("blob 00ff is %v, %v", got, err)
	}
	for _, test := range [][2]string{{"int", "5.0"}, {"int", ""}, {"real", "x"}, {"real", "nan"}, {"bool", "yes"}, {"blob", "0"}, {"null", "x"}, {"number", "5"}} {
		if got, err := TypedArgument(test[0], test[1]); err == nil {
			t.Errorf("%s %q is %#v, want an error", test[0], test[1], got)
		}
	}
}
