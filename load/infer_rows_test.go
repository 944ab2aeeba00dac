package load

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/schema"
)

// TestRefusedObjectsCountForNothing: an object with a key twice is not a row, so its
// values do not make up for those that a row lacks.
func TestRefusedObjectsCountForNothing(t *testing.T) {
	const twice = `{"a":1,"b":1,"b":2}`
	dir := put(t, map[string]string{"a.jsonl": strings.Join([]string{twice, `{"a":2,"b":1}`, `{"a":3}`}, "\n")})
	db := fixture.NewDB(t)
	var rejected []string
	res, err := Load(t.Context(), db, Options{Table: "t", Sources: []string{filepath.Join(dir, "a.jsonl")},
		Reject: func(b BadRow) error { rejected = append(rejected, b.Text); return nil }})
	if err != nil || res.Failed() > 0 || res.Rows() != 2 {
		t.Errorf("%v, %d rows; want 2", err, res.Rows())
	}
	if diff := cmp.Diff([]string{twice}, rejected); diff != "" {
		t.Errorf("rejected (-want +got):\n%s", diff)
	}
}

// TestQuotedNothingOfANamedType: an empty field with quotes is NULL in a column of
// numbers, also where the caller names the type and the other values looked like text.
func TestQuotedNothingOfANamedType(t *testing.T) {
	dir := put(t, map[string]string{"a.csv": "id,n\n18446744073709551615,1\n\"\",2\n"})
	db := fixture.NewDB(t)
	res, err := Load(t.Context(), db, Options{Table: "t", Sources: []string{filepath.Join(dir, "a.csv")},
		Types: map[string]schema.Column{"id": {Name: "id", Type: schema.Uint64, Uint: schema.UintText}}})
	if err != nil || res.Failed() > 0 || res.Rows() != 2 {
		t.Errorf("%v, %+v", err, res)
	}
}

// TestByteOrderMarkOfStdin: what comes by a pipe is known by its first bytes, and a
// byte order mark is none of them.
func TestByteOrderMarkOfStdin(t *testing.T) {
	for text, want := range map[string]string{"{\"a\":1}\n": "a int64", "\n [{\"a\":1}]": "a int64", "a,b\n1,2\n": "a int64 b int64"} {
		db := fixture.NewDB(t)
		res, err := Load(t.Context(), db, Options{Table: "t", Sources: []string{"-"}, Stdin: strings.NewReader("\ufeff" + text)})
		if err != nil || res.Failed() > 0 || res.Rows() != 1 {
			t.Errorf("%q: %v, %+v", text, err, res)
			continue
		}
		var columns []string
		for _, c := range res.Inferred {
			columns = append(columns, c.Name+" "+c.Type)
		}
		if got := strings.Join(columns, " "); got != want {
			t.Errorf("%q has the columns %s, want %s", text, got, want)
		}
	}
}
