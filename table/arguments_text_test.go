package table_test

import (
	"errors"
	"testing"
	"time"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// TestDateAsTextDeletesNothing: on SQLite every number is less than any text, so a date
// as text would meet all rows.
func TestDateAsTextDeletesNothing(t *testing.T) {
	type visit struct {
		Subject string
		At      time.Time
	}
	db, err := sqlite.OpenMemory(t.Context(), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	tab, err := table.Open(t.Context(), db, table.Options[visit]{})
	if err != nil {
		t.Fatal(err)
	}
	if err := tab.Append(t.Context(), []visit{{"a", time.Now()}, {"2020-01-01", time.Now()}}); err != nil {
		t.Fatal(err)
	}
	const where, date = "at < ?", "2020-01-01"
	if n, err := tab.Delete(t.Context(), where, date); !errors.Is(err, store.ErrQuery) {
		t.Errorf("Delete: %d rows, %v; want %v", n, err, store.ErrQuery)
	}
	if n, err := tab.CountWhere(t.Context(), where, date); !errors.Is(err, store.ErrQuery) {
		t.Errorf("CountWhere: %d rows, %v; want %v", n, err, store.ErrQuery)
	}
	for r, err := range tab.Where(t.Context(), where, date) {
		if !errors.Is(err, store.ErrQuery) {
			t.Errorf("Where: %v, %v; want %v", r, err, store.ErrQuery)
		}
	}
	if n, err := tab.CountWhere(t.Context(), "subject = ?", date); n != 1 || err != nil {
		t.Errorf("a text that looks like a date: %d rows, %v; want 1", n, err)
	}
}
