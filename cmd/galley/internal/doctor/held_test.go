package doctor

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/galley-db/galley/backoff"
	"github.com/galley-db/galley/internal/holder"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
	"github.com/google/go-cmp/cmp"
)

// The write lock is seen while another process holds it.
func TestWriteLocked(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the system does not report locks; run it on Linux")
	}
	path := newDB(t)
	if held, known := holder.WriteLocked(path); held || !known {
		t.Errorf("before: held %t, known %t", held, known)
	}
	start(t, "write", path)
	if held, known := holder.WriteLocked(path); !held || !known {
		t.Errorf("while a process writes: held %t, known %t", held, known)
	}
}

func TestHeld(t *testing.T) {
	w := &LockWatch{}
	if h := w.Held(); h != nil || h.String() != "write lock unknown" {
		t.Errorf("without a look: %v", h)
	}
	at := time.Unix(0, 0)
	for i, held := range []bool{false, true, true, true, false, true, false, false} {
		w.saw(held, at.Add(time.Duration(i)*time.Millisecond))
	}
	if diff := cmp.Diff(&Held{Share: 0.5, Longest: 2 * time.Millisecond, Looks: 8}, w.Held()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if h := w.Held(); h != nil {
		t.Errorf("the second time: %v", h)
	}
}

// A caller whose retries run out learns which process holds the lock, and reads
// none of the messages that SQLite has for it.
func TestBusyNamesTheProcess(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the system does not report who holds a lock; run it on Linux")
	}
	path := newDB(t)
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{BusyWait: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tab, err := table.Open(t.Context(), db, table.Options[row]{Retrier: backoff.Exponential{MaxAttempts: 2}})
	if err != nil {
		t.Fatal(err)
	}
	pid := start(t, "write", path)
	err = tab.Append(t.Context(), []row{{}})
	if !errors.Is(err, store.ErrBusy) {
		t.Fatalf("error is %v, want store.ErrBusy", err)
	}
	if text := err.Error(); !strings.Contains(text, fmt.Sprintf("process %d (", pid)) || strings.Contains(text, "database is locked") {
		t.Errorf("the message is %q; want process %d in it, and none of SQLite's", text, pid)
	}
}
