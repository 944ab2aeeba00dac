package sqlite

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/store"
)

// counts are the rows of galley's own tables about a table.
func ledgerOf(t *testing.T, db *DB, table string) (counts []int64) {
	t.Helper()
	for _, own := range []string{"galley_columns", "galley_batches", "galley_history"} {
		n, err := db.file.writer.conn.int64(`SELECT count(*) FROM `+own+` WHERE "table" = ?`, table)
		if err != nil {
			t.Fatal(err)
		}
		counts = append(counts, n)
	}
	return counts
}

// TestDropRemovesAllOfATable removes a table with all that is about it, once nothing needs it.
func TestDropRemovesAllOfATable(t *testing.T) {
	db := openTest(t, tempPath(t), Options{})
	s := ensured(t, db)
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Key: "a", Rows: makePoints(0, 10)}); err != nil {
		t.Fatal(err)
	}
	if err := db.file.writer.conn.Exec("CREATE VIEW seen AS SELECT * FROM points"); err != nil {
		t.Fatal(err)
	}
	var mismatch *store.MismatchError
	if _, err := db.Drop(t.Context(), "points"); !errors.As(err, &mismatch) {
		t.Errorf("with a view: %v", err)
	}
	wantPoints(t, db, s, makePoints(0, 10))
	if err := db.file.writer.conn.Exec("DROP VIEW seen"); err != nil {
		t.Fatal(err)
	}
	if n, err := db.Drop(t.Context(), "points"); n != 10 || err != nil {
		t.Fatalf("Drop: %d, %v", n, err)
	}
	if got := ledgerOf(t, db, "points"); got[0] != 0 || got[1] != 0 || got[2] != 2 {
		t.Errorf("galley's own tables have %v rows about it", got)
	}
	if _, err := db.Drop(t.Context(), "points"); !errors.Is(err, store.ErrNoTable) {
		t.Errorf("dropped twice: %v", err)
	}
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 1)}); err == nil {
		t.Error("a row went into a table that was dropped")
	}
	if err := db.Ensure(t.Context(), s, store.Strict); err != nil {
		t.Fatal(err)
	}
	res, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Key: "a", Rows: makePoints(0, 2)})
	if !res.Applied || err != nil {
		t.Errorf("its key, once more: %+v, %v", res, err)
	}
}

// TestRenameKeepsAllOfATable gives a table, and all that is about it, another name.
func TestRenameKeepsAllOfATable(t *testing.T) {
	db := openTest(t, tempPath(t), Options{})
	s := ensured(t, db)
	other := pointSchema(t, "other")
	if err := db.Ensure(t.Context(), other, store.Strict); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Key: "a", Rows: makePoints(0, 10)}); err != nil {
		t.Fatal(err)
	}
	if err := db.file.writer.conn.Exec("CREATE VIEW seen AS SELECT * FROM points"); err != nil {
		t.Fatal(err)
	}
	var mismatch *store.MismatchError
	for _, taken := range []string{"other", "OTHER", "seen", "points"} {
		if err := db.Rename(t.Context(), "points", taken); !errors.As(err, &mismatch) {
			t.Errorf("to %s: %v", taken, err)
		}
	}
	for _, bad := range []string{"", "galley_batches", "sqlite_x", "a\x00b"} {
		if err := db.Rename(t.Context(), "points", bad); err == nil {
			t.Errorf("to %q: no error", bad)
		}
	}
	if err := db.Rename(t.Context(), "nothing", "new"); !errors.Is(err, store.ErrNoTable) {
		t.Errorf("of no table: %v", err)
	}
	if err := db.Rename(t.Context(), "points", "dots"); err != nil {
		t.Fatal(err)
	}
	dots, err := s.Named("dots")
	if err != nil {
		t.Fatal(err)
	}
	have, err := db.Describe(t.Context(), "dots")
	if err != nil || have.Fingerprint() != dots.Fingerprint() {
		t.Fatalf("dots is %v, %v", have, err)
	}
	wantPoints(t, db, dots, makePoints(0, 10))
	if diff := cmp.Diff([]int64{0, 0, 0}, ledgerOf(t, db, "points")); diff != "" {
		t.Errorf("about the old name (-want +got):\n%s", diff)
	}
	if n, err := db.file.writer.conn.int64("SELECT count(*) FROM seen"); n != 10 || err != nil {
		t.Errorf("the view has %d rows, %v", n, err)
	}
	if err := db.Ensure(t.Context(), dots, store.Strict); err != nil {
		t.Errorf("the renamed table: %v", err)
	}
	res, err := store.Insert(t.Context(), db, &store.Batch{Schema: dots, Key: "a", Rows: makePoints(0, 2)})
	if res.Applied || err != nil {
		t.Errorf("its key is not known any more: %+v, %v", res, err)
	}
}
