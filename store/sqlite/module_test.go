package sqlite

import (
	"errors"
	"strings"
	"testing"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// TestMissingModule: triggers of another program need a module, a function and a
// collation that this engine does not have. The error names it, nothing is stored,
// and tables beside it work.
func TestMissingModule(t *testing.T) {
	path := tempPath(t)
	db := openTest(t, path, Options{})
	s := ensured(t, db)
	beside := pointSchema(t, "beside")
	must(t, db.Ensure(t.Context(), beside, store.Strict))
	for name, body := range map[string]string{
		"nosuchmodule":    "INSERT INTO search VALUES (new.name)",
		"nosuchfunction":  "SELECT nosuchfunction(new.name)",
		"nosuchcollation": "SELECT new.name = 'x' COLLATE nosuchcollation",
	} {
		c := openForeign(t, path)
		must(t, c.Exec("PRAGMA writable_schema=ON; INSERT INTO sqlite_schema VALUES ('table', 'search', 'search', 0, 'CREATE VIRTUAL TABLE search USING nosuchmodule(name)')"))
		must(t, c.Exec("PRAGMA writable_schema=RESET"))
		must(t, c.Exec("CREATE TRIGGER whenever AFTER INSERT ON points BEGIN "+body+"; END"))
		for _, rows := range []int{1, imageRows, 200} {
			_, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, rows)})
			if !errors.Is(err, ErrModule) || !strings.Contains(err.Error(), ": "+name) {
				t.Errorf("%s, %d rows: error is %v, want ErrModule that names it", name, rows, err)
			}
		}
		_, err := store.Insert(t.Context(), db, &store.Batch{Schema: beside, Rows: makePoints(0, 1)})
		must(t, err)
		must(t, c.Exec("DROP TRIGGER whenever; PRAGMA writable_schema=ON; DELETE FROM sqlite_schema WHERE name = 'search'"))
		must(t, c.Close())
	}
	q := store.Select{Schema: s, SQL: "SELECT nosuchfunction(name) AS name, n, x FROM points"}
	err := db.Query(t.Context(), q, func(schema.Reader) (bool, error) { return true, nil })
	if !errors.Is(err, ErrModule) || !strings.Contains(err.Error(), "nosuchfunction") {
		t.Errorf("a query: error is %v, want ErrModule that names the function", err)
	}
	wantPoints(t, db, s, nil)
	wantPoints(t, db, beside, points{makePoints(0, 1)[0], makePoints(0, 1)[0], makePoints(0, 1)[0]})
}
