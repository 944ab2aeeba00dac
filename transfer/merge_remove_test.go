package transfer

import (
	"os"
	"strings"
	"testing"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// foreign runs SQL on a file as another program does.
func (s shard) foreign(sql string) {
	s.t.Helper()
	c, err := sqlite3.Open(s.path)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := c.Exec(sql); err != nil {
		s.t.Error(err)
	}
	if err := c.Close(); err != nil {
		s.t.Error(err)
	}
}

// mustLeave merges with Remove, and expects that the source is left, for a reason.
func mustLeave(t *testing.T, dst store.Backend, opts MergeOptions, reason string, source shard) {
	t.Helper()
	opts.Remove = true
	r, err := Merge(t.Context(), dst, []string{source.path}, opts)
	if err != nil || len(r.Left) != 1 || len(r.Removed) != 0 || !strings.Contains(r.Left[0].Text, reason) {
		t.Errorf("%+v, %v, want the source left because of %q", r, err, reason)
	}
	if _, err := os.Stat(source.path); err != nil {
		t.Error(err)
	}
}

// A source with a table that galley did not create is not removed: no merge has its
// rows.
func TestMergeRemoveKeepsForeignTables(t *testing.T) {
	a, dst := newShard(t), fixture.NewDB(t)
	add(a, "one", measureRows(0, 3)...)
	a.foreign("CREATE TABLE notes (text); INSERT INTO notes VALUES ('by hand')")
	mustLeave(t, dst, MergeOptions{}, `"notes"`, a)
	a.foreign("DROP TABLE notes; CREATE VIEW v AS SELECT 1; ANALYZE")
	r, err := Merge(t.Context(), dst, []string{a.path}, MergeOptions{Remove: true})
	if err != nil || len(r.Removed) != 1 {
		t.Errorf("%+v, %v, want the source removed", r, err)
	}
}

// rejectRows stores a batch with Quarantine: a row of each subject, and the second of
// the same subject goes into quarantine.
func rejectRows(t *testing.T, db store.Backend, key string, subjects ...string) {
	t.Helper()
	tab, err := table.Open(t.Context(), db, table.Options[keyed]{Quarantine: true})
	if err != nil {
		t.Fatal(err)
	}
	var rows []keyed
	for i, s := range subjects {
		rows = append(rows, keyed{Subject: s, N: int64(i)})
	}
	if key == "" {
		err = tab.Append(t.Context(), rows)
	} else {
		_, err = tab.AppendOnce(t.Context(), key, rows)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Two batches under one key that differ only in what is in quarantine are not the
// same: neither a merge nor the removal of the source loses those rows.
func TestMergeComparesQuarantine(t *testing.T) {
	a, dst := newShard(t), fixture.NewDB(t)
	a.do(func(db *sqlite.DB) { rejectRows(t, db, "one", "1", "2", "1") })
	rejectRows(t, dst, "one", "1", "2")
	if _, err := Merge(t.Context(), dst, []string{a.path}, MergeOptions{}); err == nil || !strings.Contains(err.Error(), "quarantine") {
		t.Errorf("error is %v, want a *ConflictError that speaks of the quarantine", err)
	}
	mustLeave(t, dst, MergeOptions{OnConflict: Keep}, "quarantine", a)
	r, err := Merge(t.Context(), dst, []string{a.path}, MergeOptions{OnConflict: Replace, Remove: true})
	if err != nil || r.Replaced != 1 || r.Rejected != 1 || len(r.Removed) != 1 {
		t.Errorf("%+v, %v, want the batch replaced with its row in quarantine", r, err)
	}
}

// The same batch that ran on two hosts has the same rows in quarantine, at another
// time.
func TestMergeSameQuarantine(t *testing.T) {
	a, dst := newShard(t), fixture.NewDB(t)
	a.do(func(db *sqlite.DB) { rejectRows(t, db, "one", "1", "2", "1") })
	rejectRows(t, dst, "one", "1", "2", "1")
	r, err := Merge(t.Context(), dst, []string{a.path}, MergeOptions{Remove: true})
	if err != nil || r.Rows != 0 || r.Rejected != 0 || len(r.Removed) != 1 {
		t.Errorf("%+v, %v, want the source removed", r, err)
	}
}

// Rows in quarantine without a key that were removed from a source, and others that
// came instead of them, are not taken for those that were merged.
func TestMergeQuarantineThatChanged(t *testing.T) {
	a, dst := newShard(t), fixture.NewDB(t)
	a.do(func(db *sqlite.DB) { rejectRows(t, db, "", "1", "2", "1") })
	mustMerge(t, dst, MergeOptions{}, 2, 0, a)
	a.foreign("DELETE FROM keyed_rejected")
	a.do(func(db *sqlite.DB) { rejectRows(t, db, "", "3", "2") })
	_, err := Merge(t.Context(), dst, []string{a.path}, MergeOptions{Remove: true})
	if err == nil || !strings.Contains(err.Error(), "in quarantine") {
		t.Errorf("error is %v, want a *ConflictError that speaks of the quarantine", err)
	}
	if _, err := os.Stat(a.path); err != nil {
		t.Error(err)
	}
}
