package transfer

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
)

// wantIndexes counts the indexes of a table that its struct's tags ask for.
func wantIndexes(t *testing.T, db store.Backend, table string, want int) {
	t.Helper()
	n, err := store.Value[int](context.Background(), db, "SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND sql <> '' AND tbl_name = ?", table)
	if err != nil || n != want {
		t.Errorf("table %q has %d indexes (%v), want %d", table, n, err, want)
	}
}

// A table that a merge creates gets its indexes after its rows, also if the merge
// fails. The next merge creates those of a merge that was interrupted.
func TestMergeIndexesAfterRows(t *testing.T) {
	a, b, other := newShard(t), newShard(t), newShard(t)
	add(a, "one", bareRows(0, 2)...)
	add(b, "two", bareRows(2, 2)...)
	add(other, "two", bareRows(9, 2)...)

	dst := fixture.NewDB(t)
	watch := MergeOptions{Progress: func(r MergeReport) {
		if r.Rows > 0 && r.Sources < 2 {
			wantIndexes(t, dst, "bare", 0)
		}
	}}
	mustMerge(t, dst, watch, 4, 2, a, b)
	wantIndexes(t, dst, "bare", 1)

	dst = fixture.NewDB(t)
	var conflict *ConflictError
	if _, err := Merge(t.Context(), dst, []string{a.path, b.path, other.path}, MergeOptions{}); !errors.As(err, &conflict) {
		t.Errorf("%v, want a ConflictError", err)
	}
	wantIndexes(t, dst, "bare", 1)

	dst = fixture.NewDB(t)
	ctx, cancel := context.WithCancel(t.Context())
	interrupted := MergeOptions{Progress: func(r MergeReport) {
		if r.Rows > 0 {
			cancel()
		}
	}}
	_, err := Merge(ctx, dst, []string{a.path, b.path}, interrupted)
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), `table "bare" lacks indexes`) {
		t.Errorf("%v, want Canceled, and the table that lacks indexes", err)
	}
	wantIndexes(t, dst, "bare", 0)
	mustMerge(t, dst, MergeOptions{}, 2, 1, a, b)
	wantIndexes(t, dst, "bare", 1)
}

// A table that Copy creates gets its indexes after its rows.
func TestCopyIndexesAfterRows(t *testing.T) {
	a, dst := newShard(t), fixture.NewDB(t)
	add(a, "one", bareRows(0, 4)...)
	copied := 0
	a.do(func(src *sqlite.DB) {
		_, err := Copy(t.Context(), src, dst, CopyOptions{Progress: func(p CopyProgress) {
			copied++
			wantIndexes(t, dst, "bare", 0)
		}})
		if err != nil {
			t.Error(err)
		}
	})
	if copied == 0 {
		t.Error("no progress")
	}
	wantIndexes(t, dst, "bare", 1)
}
