package storetest

import (
	"errors"
	"strings"
	"testing"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// otherCase opens a table whose name differs from that of another only in upper and
// lower case. A server keeps both apart; SQLite has one, which the error names, and
// does not advise to drop it.
func (s Suite) otherCase(t *testing.T) {
	b := s.Open(t)
	upper := openTable(t, b, table.Options[indexedCase]{Name: "Scan"})
	if err := upper.Append(t.Context(), []indexedCase{{1, "upper"}}); err != nil {
		t.Fatal(err)
	}
	lower, err := table.Open(t.Context(), b, table.Options[indexedCase]{Name: "scan"})
	if b.Dialect() != schema.Postgres() {
		mismatch, ok := errors.AsType[*store.MismatchError](err)
		if !ok || !strings.Contains(mismatch.Reason, `"Scan"`) || strings.Contains(err.Error(), "drop") || strings.Contains(err.Error(), "did not create") {
			t.Errorf("scan beside Scan: error is %v, want a *store.MismatchError that names Scan", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := lower.Append(t.Context(), []indexedCase{{2, "lower"}, {3, "lower"}}); err != nil {
		t.Fatal(err)
	}
	want(t, upper.View, []indexedCase{{1, "upper"}})
	want(t, lower.View, []indexedCase{{2, "lower"}, {3, "lower"}})
}

type indexedCase struct {
	N int64
	S string `db:",index"`
}
