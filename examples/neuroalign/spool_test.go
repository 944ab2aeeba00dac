package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/transfer"
)

// Killed while it writes into a spool, and run again: the collected tables are
// those of one clean run into a file.
func TestKilledIntoSpool(t *testing.T) {
	testtime.Seconds(t)
	args := []string{"-replicate", "30", "-j", "4"}
	want := clean(t, args...)
	dir, out := filepath.Join(t.TempDir(), "study.spool"), outDir(t)
	if err := os.Mkdir(out, 0o755); err != nil {
		t.Fatal(err)
	}
	spooled := append(args, "-spool", dir)
	for _, line := range []int{2, 6} {
		kill(t, line, spooled)
		collectInto(t, dir, out) // between runs, too
	}
	if r := try(t.Context(), spooled...); r.status != exitDone {
		t.Errorf("status %d: %+v", r.status, r)
	}
	collectInto(t, dir, out)
	same(t, want, out)
}

func collectInto(t *testing.T, dir, out string) {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(out, "features.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := transfer.Collect(t.Context(), db, []string{dir}, transfer.CollectOptions{})
	if err != nil || len(r.Aside)+len(r.Refused) > 0 {
		t.Errorf("%+v, %v", r, err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

func TestSpoolOptions(t *testing.T) {
	for _, args := range [][]string{{"-spool", "x", "-force"}, {"-spool", "x", "-db", "postgres://x"}, {"-spool", "x", "-export", "y"}} {
		if r := try(t.Context(), args...); r.status != exitUsage {
			t.Errorf("%q: status %d", args, r.status)
		}
	}
}
