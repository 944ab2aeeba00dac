package doctor

import (
	"runtime"
	"testing"
	"time"

	"github.com/galley-db/galley/internal/holder"
	"github.com/google/go-cmp/cmp"
)

// The write lock is seen while another process holds it.
func TestWriteLocked(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the system does not tell")
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
	if h := w.Held(); h != nil || h.String() != "write lock not known" {
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
