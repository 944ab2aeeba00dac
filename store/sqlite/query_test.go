package sqlite

import (
	"errors"
	"math"
	"testing"

	"github.com/galley-db/galley/store"
)

// TestQueryRefuses: a text that is not a single SELECT, and arguments that do
// not match it, return store.ErrQuery before anything is read.
func TestQueryRefuses(t *testing.T) {
	db := openTest(t, tempPath(t), Options{})
	s := ensured(t, db)
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 5)}); err != nil {
		t.Fatal(err)
	}
	for name, q := range map[string]store.Select{
		"two statements":      {Where: "1; DELETE FROM points"},
		"too few arguments":   {Where: "n = ? AND x = ?", Args: []any{1}},
		"too many arguments":  {Where: "n = ?", Args: []any{1, 2}},
		"an unsigned integer": {Where: "n = ?", Args: []any{uint64(math.MaxInt64 + 1)}},
		"a struct":            {Where: "n = ?", Args: []any{point{}}},
	} {
		q.Schema = s
		n := 0
		if err := db.Query(t.Context(), q, count(&n)); n != 0 || !errors.Is(err, store.ErrQuery) {
			t.Errorf("%s: %d rows, error is %v, want store.ErrQuery", name, n, err)
		}
	}
	wantPoints(t, db, s, makePoints(0, 5))
}
