package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// studyOf makes a study with copies of the bundled subject's stats folder.
func studyOf(t *testing.T, folders ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, folder := range folders {
		if err := os.CopyFS(filepath.Join(dir, folder, "stats"), os.DirFS(bundled+"/sub-01/stats")); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// rewrite changes a file.
func rewrite(t *testing.T, name, old, by string) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		t.Fatalf("%s has no %q", name, old)
	}
	if err := os.WriteFile(name, []byte(strings.Replace(string(text), old, by, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestStudyWithSessions(t *testing.T) {
	dir := studyOf(t, "sub-01", "sub-02/ses-1", "sub-02/ses-2")
	if err := os.MkdirAll(filepath.Join(dir, "fsaverage", "surf"), 0o700); err != nil {
		t.Fatal(err)
	}
	out := outDir(t)
	r := try(t.Context(), "-subjects", dir, "-out", out)
	r.expect(t, exitDone, [3]int{3, 0, 0}, [3]int{9, 0, 0}, 3*437)
	if want := "passed over:\n  " + filepath.ToSlash(dir) + "/fsaverage: "; !strings.Contains(filepath.ToSlash(r.stdout), want[:len(want)-2]) {
		t.Errorf("output %q does not name the folder passed over", r.stdout)
	}
	got := rowsOf(t, out, "SELECT subject, session, count(*) FROM aparc GROUP BY 1, 2")
	if diff := cmp.Diff([]string{"sub-01|-|278|", "sub-02|ses-1|278|", "sub-02|ses-2|278|"}, got); diff != "" {
		t.Errorf("rows of aparc by session (-want +got):\n%s", diff)
	}
}

// A damaged file fails the task that reads it, and nothing else. Repaired, the
// next run does this task alone.
func TestDamagedFile(t *testing.T) {
	dir := studyOf(t, "sub-01", "sub-02", "sub-03")
	want := clean(t, "-subjects", dir)
	damaged := filepath.Join(dir, "sub-02", "stats", "lh.aparc.stats")
	rewrite(t, damaged, "\ncuneus ", "\n") // one value less in line 51

	out := outDir(t)
	for range 2 { // a failed task is tried again
		r := try(t.Context(), "-subjects", dir, "-out", out, "-j", "8")
		sessions, tasks, _ := r.counts(t)
		if r.status != exitFailed || sessions[2] != 1 || tasks[2] != 1 || sessions[0]+sessions[1] != 2 || tasks[0]+tasks[1] != 8 {
			t.Errorf("status %d, sessions %v, tasks %v; want 1 failed of each", r.status, sessions, tasks)
		}
		line := "sub-02/-/aparc: " + filepath.ToSlash(dir) + "/sub-02/stats/lh.aparc.stats:51: got 9 values, want 10, one for each column\n"
		if !strings.Contains(r.stdout, "failed:\n  "+line) || !strings.Contains(r.stderr, "failed: "+line) {
			t.Errorf("%q is not in both outputs: %q, %q", line, r.stdout, r.stderr)
		}
		if got := rowsOf(t, out, "SELECT DISTINCT subject FROM aparc"); !cmp.Equal(got, []string{"sub-01|", "sub-03|"}) {
			t.Errorf("aparc has rows of %q, want sub-01 and sub-03", got)
		}
	}
	rewrite(t, damaged, "\n  ", "\ncuneus  ")
	try(t.Context(), "-subjects", dir, "-out", out).expect(t, exitDone, [3]int{1, 2, 0}, [3]int{1, 8, 0}, 278)
	same(t, want, out)
}

// A finished session is not read again: later damage does not fail it.
func TestDoneIsNotRead(t *testing.T) {
	dir := studyOf(t, "sub-01")
	out := outDir(t)
	try(t.Context(), "-subjects", dir, "-out", out).expect(t, exitDone, [3]int{1, 0, 0}, [3]int{3, 0, 0}, 437)
	if err := os.Remove(filepath.Join(dir, "sub-01", "stats", "aseg.stats")); err != nil {
		t.Fatal(err)
	}
	try(t.Context(), "-subjects", dir, "-out", out).expect(t, exitDone, [3]int{0, 1, 0}, [3]int{0, 3, 0}, 0)
}

// A folder that is not a session fails alone.
func TestBadFolder(t *testing.T) {
	dir := studyOf(t, "sub-01", "sub-02/-", "sub-03")
	r := try(t.Context(), "-subjects", dir, "-out", outDir(t))
	r.expect(t, exitFailed, [3]int{2, 0, 1}, [3]int{6, 0, 0}, 2*437)
	if !strings.Contains(r.stdout, `/sub-02/-: a session cannot be named "-"`) {
		t.Errorf("output %q does not name the folder", r.stdout)
	}
}

func TestNoSessions(t *testing.T) {
	dir := studyOf(t, "") // DIR/stats: a subject, not a study
	out := outDir(t)
	r := try(t.Context(), "-subjects", dir, "-out", out)
	if r.status != exitFailed || !strings.Contains(r.stderr, "no sessions in "+dir) {
		t.Errorf("status %d: %s; want it to say that there are no sessions", r.status, r.stderr)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("the output was made for nothing")
	}
}

// watched counts the stats folders that were looked for, one a subject.
type watched struct {
	fs.FS
	seen  sync.Map
	found atomic.Int64
}

func (w *watched) Open(name string) (fs.File, error) {
	if strings.HasSuffix(name, "/stats") {
		if _, again := w.seen.LoadOrStore(name, true); !again {
			w.found.Add(1)
		}
	}
	return w.FS.Open(name)
}

// slow is a target that records how far the planner is ahead of it.
type slow struct {
	study    *watched
	done     atomic.Int64
	farthest atomic.Int64
}

func (s *slow) name() string       { return "slow" }
func (s *slow) empty(session) bool { return false }

func (s *slow) load(context.Context, session) (int, bool, error) {
	ahead := s.study.found.Load() - s.done.Load()
	for old := s.farthest.Load(); ahead > old && !s.farthest.CompareAndSwap(old, ahead); old = s.farthest.Load() {
	}
	s.done.Add(1)
	return 1, true, nil
}

// The planner runs ahead of the workers by a few sessions, whatever their
// number: memory does not grow with the study.
func TestPlannerIsBounded(t *testing.T) {
	const subjects, workers = 600, 3
	fsys := fstest.MapFS{}
	for i := range subjects {
		fsys[fmt.Sprintf("sub-%04d/stats/aseg.stats", i)] = &fstest.MapFile{}
	}
	w := &watched{FS: fsys}
	slowest := &slow{study: w}
	l := &loader{workers: workers, targets: []target{slowest}, progress: newProgress(io.Discard, subjects)}
	if err := l.load(t.Context(), &study{root: "study", fsys: w, size: subjects}); err != nil {
		t.Fatal(err)
	}
	if n := l.tally.sessions.new; n != subjects {
		t.Errorf("%d sessions new, want %d", n, subjects)
	}
	// One with each worker, as many in the channel, and one at hand.
	if ahead := slowest.farthest.Load(); ahead > 2*workers+1 {
		t.Errorf("the planner was %d sessions ahead of %d workers", ahead, workers)
	}
}
