package postgres_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/galley-db/galley/internal/pgcluster"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store/postgres"
	"github.com/galley-db/galley/table"
)

// TestJSONWithANameTwice: JSON in which an object has two values for one name is
// refused by row and column, because a jsonb would drop one of them. Equal names in
// different objects, and equal texts, are kept.
func TestJSONWithANameTwice(t *testing.T) {
	testtime.Seconds(t)
	url := pgcluster.URL(t)
	type note struct {
		N    int64
		JSON json.RawMessage
	}
	db := open(t, url, postgres.Options{Schema: namespace(t, url)})
	tab, err := table.Open(t.Context(), db, table.Options[note]{})
	if err != nil {
		t.Fatal(err)
	}
	long := `"n` + strings.Repeat(`":1,"m`, 20)
	for _, text := range []string{
		`{"a":1,"a":1}`, `{"a":1,"b":2,"a":{}}`, `[1,{"b":[{"a":1,"a":2}]}]`, `{"b":{"a":1},"b":2}`, `{"a":{"x":[]},"b":[{"a":1}],"a":0}`,
		`{"a":1,"\u0061":2}`, `{"\"":1,"\"":2}`, `{"\\":1,"\\":2}`, `{"":1,"":2}`, `{` + long + `":1}`, ` { "a" : "}" , "a" : "{" } `,
	} {
		err := tab.Append(t.Context(), []note{{1, json.RawMessage(`{}`)}, {2, json.RawMessage(text)}})
		var row *table.RowError
		if !errors.As(err, &row) || !errors.Is(err, schema.ErrJSON) || row.Row != 1 || row.Column != "json" || !strings.Contains(err.Error(), "keeps only the last of two values") {
			t.Errorf("%s: error is %v, want a *RowError of row 1 and column json", text, err)
		}
	}
	var kept []note
	for _, text := range []string{
		`{"a":{"a":{"a":1}}}`, `[{"a":1},{"a":1}]`, `{"a":"a","b":"a"}`, `["a","a"]`, `{"a":["a","a",{"b":1}],"b":1}`, `"a"`, `[]`,
		`{"a":1,"A":2,"\\u0061":3,"a\"":4}`, `{"a":"\",\"a","b":"\\"}`, `[[{}],{"a":[{}]},"a"]`,
	} {
		kept = append(kept, note{int64(len(kept)), json.RawMessage(text)})
	}
	if err := tab.Append(t.Context(), kept); err != nil {
		t.Error(err)
	}
	if n, err := tab.Count(t.Context()); err != nil || n != int64(len(kept)) {
		t.Errorf("%d rows, %v; want %d", n, err, len(kept))
	}
}
