package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/examples/neuroalign/freesurfer"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
)

// full is a target that fails as a full disk does, from the third task on. It
// honors its context as a table does.
type full struct{ calls atomic.Int64 }

func (f *full) name() string       { return "full" }
func (f *full) empty(session) bool { return false }

func (f *full) load(ctx context.Context, _ session) (int, bool, error) {
	if ctx.Err() != nil {
		return 0, false, ctx.Err()
	}
	if f.calls.Add(1) >= 3 {
		return 0, false, store.ErrDiskFull
	}
	return 1, true, nil
}

// An output that fails stops the load: nothing else would go better.
func TestOutputFails(t *testing.T) {
	fsys := fstest.MapFS{}
	for i := range 200 {
		fsys[fmt.Sprintf("sub-%04d/stats/aseg.stats", i)] = &fstest.MapFile{}
	}
	w := &watched{FS: fsys}
	s := &study{root: "study", fsys: w, size: 200}
	disk := &full{}
	l := &loader{workers: 4, targets: []target{disk}, progress: newProgress(io.Discard, 200)}
	if err := l.load(t.Context(), s); !errors.Is(err, store.ErrDiskFull) {
		t.Errorf("error %v, want %v", err, store.ErrDiskFull)
	}
	// The third call ended it; each of the other workers was in one at most.
	if n := disk.calls.Load(); n > 3+3 {
		t.Errorf("%d tasks were tried, want it to stop at the third", n)
	}
	// As much as the planner may be ahead, and one that it finds out with.
	if n := w.found.Load(); n > 3+2*4+2 {
		t.Errorf("%d subjects were looked for, want the planner to stop too", n)
	}
	if diff := cmp.Diff(counts{new: 2}, l.tally.tasks, cmp.AllowUnexported(counts{})); diff != "" {
		t.Errorf("tasks (-want +got):\n%s", diff)
	}
}

// A row that the table refuses is the session's fault.
func TestRefusedRow(t *testing.T) {
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "features.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	target, err := openTable(t.Context(), db, "aseg", false, func(session) ([]freesurfer.Segment, error) {
		return []freesurfer.Segment{{VolumeMM3: math.NaN()}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var input *inputError
	if _, applied, err := target.load(t.Context(), &freesurfer.Session{Subject: "s"}); applied || !errors.As(err, &input) {
		t.Errorf("a NaN: applied %t, error %v; want an *inputError", applied, err)
	}
}
