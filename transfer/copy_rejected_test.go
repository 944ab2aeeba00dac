package transfer

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

type checked struct {
	N    int64 `db:",check=n < 10"`
	V    float64
	Task string `db:",batch"`
}

// withRejected is a database with rows in quarantine, with a key and without.
func withRejected(t *testing.T) *sqlite.DB {
	t.Helper()
	db := fixture.NewDB(t)
	tab, err := table.Open(t.Context(), db, table.Options[checked]{Quarantine: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"a", "b"} {
		if _, err := tab.AppendOnce(t.Context(), key, []checked{{1, 0, ""}, {99, 1e300, ""}, {99, 1e300, ""}, {2, math.NaN(), ""}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := tab.Append(t.Context(), []checked{{3, 0, ""}, {77, 0, "a\x00\\u0000b"}}); err != nil {
		t.Fatal(err)
	}
	return db
}

func inQuarantine(t *testing.T, b store.Backend) (all []store.RejectedRow) {
	t.Helper()
	for r, err := range b.Rejected(t.Context(), store.RejectedFilter{Table: "checked"}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// TestCopyRejected: the rows in quarantine are in the copy as they are in the
// original, once, also where the copy is interrupted and goes on.
func TestCopyRejected(t *testing.T) {
	from, to := withRejected(t), fixture.NewDB(t)
	want := inQuarantine(t, from)
	if len(want) != 7 {
		t.Fatalf("%d rows in quarantine, want 7", len(want))
	}
	for range 2 {
		got, err := Copy(t.Context(), from, to, CopyOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got[0].Rejected != 7 || got[0].Rows != 3 {
			t.Errorf("copied %+v, want 3 rows and 7 in quarantine", got[0])
		}
		if diff := cmp.Diff(want, inQuarantine(t, to)); diff != "" {
			t.Errorf("quarantine (-want +got):\n%s", diff)
		}
	}
	for b, err := range to.Batches(t.Context(), store.BatchFilter{}) {
		if err != nil || (b.Key != "a" && b.Key != "b") {
			t.Errorf("batch %q, %v: want the caller's only", b.Key, err)
		}
	}
}

// TestCopyRejectedOccupied: a quarantine with other rows is not a place for a copy.
func TestCopyRejectedOccupied(t *testing.T) {
	from, to := withRejected(t), fixture.NewDB(t)
	tab, err := table.Open(t.Context(), to, table.Options[checked]{Quarantine: true})
	if err == nil {
		err = tab.Append(t.Context(), []checked{{50, 0, ""}})
	}
	if err != nil {
		t.Fatal(err)
	}
	var wrong *CopyError
	if _, err := Copy(t.Context(), from, to, CopyOptions{}); !errors.As(err, &wrong) {
		t.Errorf("%v, want a *CopyError", err)
	}
	if n := len(inQuarantine(t, to)); n != 1 {
		t.Errorf("%d rows in quarantine afterwards, want 1", n)
	}
}

// TestCopyRejectedChanged: a source that gets one more row in quarantine after a
// copy is not taken for the same.
func TestCopyRejectedChanged(t *testing.T) {
	from, to := withRejected(t), fixture.NewDB(t)
	if _, err := Copy(t.Context(), from, to, CopyOptions{}); err != nil {
		t.Fatal(err)
	}
	tab, err := table.Open(t.Context(), from, table.Options[checked]{Quarantine: true})
	if err == nil {
		err = tab.Append(context.Background(), []checked{{50, 0, ""}})
	}
	if err != nil {
		t.Fatal(err)
	}
	var wrong *CopyError
	if _, err := Copy(t.Context(), from, to, CopyOptions{}); !errors.As(err, &wrong) {
		t.Errorf("%v, want a *CopyError", err)
	}
}
