package main

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store/postgres"
	"github.com/galley-db/galley/table"
)

// TestImportIntoServerMessages: what a server refuses is reported with file, line,
// column and value, in the words of an import, and nothing of the file is stored.
func TestImportIntoServerMessages(t *testing.T) {
	testtime.Seconds(t)
	url := schemaURL(t, "import")
	type checked struct {
		ID   int64 `db:"id,key"`
		Size int64 `db:"size,check=size >= 0"`
	}
	db, err := postgres.Open(t.Context(), url, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := table.Open(t.Context(), db, table.Options[checked]{Name: "checked"}); err != nil {
		t.Fatal(err)
	}
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	if _, err := c.Exec(t.Context(), "CREATE TABLE theirs (a bigint)"); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ table, file, text, says string }{
		"a key":       {"checked", "a.csv", "id,size\n1,1\n2,2\n1,3\n", `a.csv:4: column "id": value 1: constraint failed`},
		"a check":     {"checked", "a.csv", "id,size\n1,1\n2,-2\n", `a.csv:3: column "size": value -2: constraint failed`},
		"text":        {"texts", "a.csv", "id,text\n1,a\n2,\xff\n", `a.csv:3: column "text": value "\xff": invalid UTF-8`},
		"JSON":        {"characters", "a.jsonl", "{\"j\":{\"a\":1}}\n{\"j\":{\"a\":\"\\u0000\"}}\n", `a.jsonl:2: column "j": value "{\"a\":\"\\u0000\"}": PostgreSQL has no character \u0000: it is not JSON that the column can hold`},
		"a number":    {"numbers", "b.jsonl", "{\"j\":{\"a\":1}}\n{\"j\":{\"a\":1e200000}}\n", `b.jsonl:2: column "j": value "{\"a\":1e200000}": it is not JSON that the column can hold`},
		"a name":      {"names", "c.jsonl", "{\"j\":{\"a\":1}}\n{\"j\":{\"a\":1,\"a\":2}}\n", `c.jsonl:2: column "j": value "{\"a\":1,\"a\":2}": PostgreSQL keeps only the last of two values for "a"`},
		"other table": {"theirs", "a.csv", "a\n1\n", "import into a table of another name"},
	} {
		r := galley(t, "import", url, test.table, file(t, test.file, test.text))
		if r.status != exitFailed || !strings.Contains(r.errors, test.says) || strings.Contains(r.errors, "Options.") || !strings.HasPrefix(r.out, "0 files stored, 0 skipped, 1 failed; 0 rows") {
			t.Errorf("%s: %+v, want %q", name, r, test.says)
		}
	}
	for _, name := range []string{"checked", "theirs"} {
		var n int64
		if err := c.QueryRow(t.Context(), "SELECT count(*) FROM "+name).Scan(&n); err != nil || n != 0 {
			t.Errorf("table %s has %d rows, %v", name, n, err)
		}
	}
}
