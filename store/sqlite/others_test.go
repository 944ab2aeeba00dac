package sqlite

import (
	"strings"
	"testing"
)

// TestOthersAreFoundInTheIndex: a batch that looks for others does not read the keys
// of all batches behind them, which would make the import of many files slow.
func TestOthersAreFoundInTheIndex(t *testing.T) {
	db := openTest(t, tempPath(t), Options{})
	must(t, db.file.exclusively(t.Context(), func(w *writer) error {
		s, _, err := w.conn.Prepare("EXPLAIN QUERY PLAN " + othersSQL)
		if err != nil {
			return err
		}
		defer s.Close()
		plan := ""
		for s.Step() {
			plan += s.ColumnText(3) + "\n"
		}
		if !strings.Contains(plan, "key>? AND key<?") {
			t.Errorf("the plan is %q, want a range of keys", plan)
		}
		return s.Err()
	}))
}
