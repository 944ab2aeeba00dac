package sqlite

import (
	"errors"
	"strings"
	"testing"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// TestBindRefused: a value that the engine does not take as a parameter is an
// error, and no NULL goes into its place. The engine's limit, a billion bytes,
// is lowered for that.
func TestBindRefused(t *testing.T) {
	db := openTest(t, tempPath(t), Options{Readers: 1})
	s := ensured(t, db, func(cols []schema.Column) { cols[0].Nullable = true })
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 3)}); err != nil {
		t.Fatal(err)
	}
	const limit = 600
	err := db.file.exclusively(t.Context(), func(w *writer) error {
		w.conn.Limit(sqlite3.LIMIT_LENGTH, limit)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", limit+1)
	for name, b := range map[string]*store.Batch{
		"a value": {Schema: s, Rows: points{{"a", 10, 1}, {long, 11, 1}}},
		"a key":   {Schema: s, Rows: makePoints(10, 2), Key: long},
	} {
		if _, err := store.Insert(t.Context(), db, b); !errors.Is(err, store.ErrTooLarge) {
			t.Errorf("%s: error is %v, want ErrTooLarge", name, err)
		}
	}
	wantPoints(t, db, s, makePoints(0, 3))
	rd, err := db.file.readers.acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rd.conn.Limit(sqlite3.LIMIT_LENGTH, limit)
	db.file.readers.release(rd)
	n := 0
	err = db.Query(t.Context(), store.Select{Schema: s, Where: "?1 IS NULL", Args: []any{long}}, count(&n))
	if n != 0 || !errors.Is(err, store.ErrTooLarge) {
		t.Errorf("an argument: %d rows, error is %v, want ErrTooLarge", n, err)
	}
}
