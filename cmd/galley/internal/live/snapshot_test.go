package live

import (
	"fmt"
	"testing"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
)

// Between two refreshes no snapshot is held: after each thing that a page reads, a
// checkpoint moves all of the WAL. While a query runs, it does not.
func TestNoSnapshotBetweenRefreshes(t *testing.T) {
	db, tab := stored(t, "b1")
	n := 0
	complete := func() bool {
		t.Helper()
		n++
		if _, err := tab.AppendOnce(t.Context(), fmt.Sprint("more-", n), []reading{{"x", 1}}); err != nil {
			t.Fatal(err)
		}
		res, err := db.Checkpoint(t.Context(), sqlite.Passive)
		if err != nil {
			t.Fatal(err)
		}
		if res.WALPages == 0 {
			t.Fatal("the WAL is empty")
		}
		return res.Complete
	}
	w := &watcher{source: File(db), look: &Look{}, history: map[string]*series{}, changed: make(chan struct{}), opts: Options{Expect: []Key{{"", "b1"}}, KeyName: func(k string) string { return k }}}
	d := &details{source: File(db), kept: map[asked]*kept{}}
	for name, read := range map[string]func() error{
		"overview": func() error { w.refresh(t.Context()); look, _ := w.now(); return unreadable(look) },
		"table":    func() error { _, err := d.of(t.Context(), hostile); return err },
		"figures":  func() error { _, err := d.figures(t.Context(), hostile, Choice{}); return err },
	} {
		if err := read(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !complete() {
			t.Errorf("%s: the page still holds a snapshot", name)
		}
	}
	held := false
	err := db.Query(t.Context(), store.Select{Schema: tab.Schema()}, func(schema.Reader) (bool, error) {
		held = !complete()
		return false, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !held {
		t.Error("a checkpoint is complete while a query runs: the test would not see a snapshot")
	}
}

func unreadable(l *Look) error {
	if l.Error != "" {
		return fmt.Errorf("not read: %s", l.Error)
	}
	return nil
}
