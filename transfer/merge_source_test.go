package transfer

import (
	"os"
	"testing"
)

// A source that is written to after it was opened, while the one before it is
// merged, is merged as it is when its turn comes.
func TestMergeSourceWrittenWhileOpen(t *testing.T) {
	a, b := newShard(t), newShard(t)
	add(a, "one", measureRows(0, 2)...)
	writeFile(t, b.path, readFile(t, a.path))
	add(b, "two", measureRows(2, 2)...)
	s := &source{path: a.path}
	t.Cleanup(func() {
		if err := s.discard(); err != nil {
			t.Error(err)
		}
	})
	if err := s.prepare(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{1, 1, 2} {
		if want == 2 {
			if err := os.Rename(b.path, a.path); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.open(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
		if got := len(ledger(t, s.db, "measure")); got != want {
			t.Errorf("%d batches, want %d", got, want)
		}
	}
}
