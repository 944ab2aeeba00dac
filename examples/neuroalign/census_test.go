package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFilesThatSessionsLack(t *testing.T) {
	sessions := map[string][]string{}
	c := newCensus()
	for i := range 9 {
		files := []string{"aseg.stats"}
		if i > 0 {
			files = append(files, "wmparc.stats")
		}
		if i < 3 {
			files = append(files, "brainvol.stats")
		}
		if i != 4 && i != 5 {
			files = append(files, fmt.Sprintf("own-%d.stats", i%2))
		}
		sessions[fmt.Sprintf("s%d", i)] = files
		c.count(files)
	}
	for i := range 9 {
		id := fmt.Sprintf("s%d", i)
		c.compare(id, sessions[id])
	}
	var b strings.Builder
	c.print(&b)
	want := "files that not all sessions have:\n" +
		"  brainvol.stats: only in s0, s1, s2\n" +
		"  own-0.stats: only in s0, s2, s6, s8\n" +
		"  own-1.stats: only in s1, s3, s7\n" +
		"  wmparc.stats: not in s0\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

// A missing file fails a session only if -require names it.
func TestMissingFile(t *testing.T) {
	dir := studyOf(t, "sub-01", "sub-02")
	if err := os.Remove(filepath.Join(dir, "sub-01", "stats", "rh.aparc.stats")); err != nil {
		t.Fatal(err)
	}
	out := outDir(t)
	r := try(t.Context(), "-subjects", dir, "-out", out, "-require", "aseg.stats, rh.aparc.stats")
	r.expect(t, exitFailed, [3]int{1, 0, 1}, [3]int{3, 0, 0}, 437)
	if want := "sub-01/-: lacks rh.aparc.stats, which -require asks for\n"; !strings.Contains(r.stdout, want) || !strings.Contains(r.stderr, want) {
		t.Errorf("%q is not in both outputs: %q, %q", want, r.stdout, r.stderr)
	}
	r = try(t.Context(), "-subjects", dir, "-out", out)
	r.expect(t, exitDone, [3]int{1, 1, 0}, [3]int{3, 3, 0}, 437-34-3)
	if want := "files that not all sessions have:\n  rh.aparc.stats: only in sub-02/-\n"; !strings.Contains(r.stdout, want) {
		t.Errorf("%q is not in the output %q", want, r.stdout)
	}
	r = try(t.Context(), "-subjects", dir, "-out", outDir(t), "-replicate", "3")
	r.expect(t, exitDone, [3]int{3, 0, 0}, [3]int{9, 0, 0}, 3*(437-34-3))
}

// A file that comes after its session was saved is named, and -force reads it.
func TestLateFile(t *testing.T) {
	const late = "not read (-force reads them):\n  sub-01/-: lh.w-g.pct.stats\n"
	dir := studyOf(t, "sub-01", "sub-02")
	out := outDir(t)
	r := try(t.Context(), "-subjects", dir, "-out", out)
	r.expect(t, exitDone, [3]int{2, 0, 0}, [3]int{6, 0, 0}, 2*437)
	if strings.Contains(r.stdout, "-force") {
		t.Errorf("the first run speaks of late files: %q", r.stdout)
	}
	text := "# ColHeaders Index SegId NVertices Area_mm2 StructName Mean StdDev Min Max Range\n1 1000 68 129.5 unknown 1 0 1 1 0\n"
	if err := os.WriteFile(filepath.Join(dir, "sub-01", "stats", "lh.w-g.pct.stats"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // its own table is new; headers are in a table that was done
		if r := try(t.Context(), "-subjects", dir, "-out", out); r.status != exitDone || !strings.Contains(r.stdout, late) {
			t.Errorf("status %d, output %q, want it to name the late file", r.status, r.stdout)
		}
	}
	try(t.Context(), "-subjects", dir, "-out", out, "-force").expect(t, exitDone, [3]int{2, 0, 0}, [3]int{7, 0, 0}, 2*437+1)
	if r := try(t.Context(), "-subjects", dir, "-out", out); r.status != exitDone || strings.Contains(r.stdout, "-force") {
		t.Errorf("status %d, output %q, want no late file after -force", r.status, r.stdout)
	}
	if got := rowsOf(t, out, "SELECT subject, hemi, atlas, snr FROM overlays"); !cmp.Equal(got, []string{"sub-01|lh|w-g.pct||"}) {
		t.Errorf("overlays %q", got)
	}
}

// A file that is not understood is named, and so is a folder without files.
func TestUnknownFiles(t *testing.T) {
	dir := studyOf(t, "sub-01_ses-1")
	if err := os.WriteFile(filepath.Join(dir, "sub-01_ses-1", "stats", "notes.txt"), []byte("x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "sub-02", "stats"), 0o700); err != nil {
		t.Fatal(err)
	}
	r := try(t.Context(), "-subjects", dir, "-out", outDir(t))
	r.expect(t, exitFailed, [3]int{1, 0, 1}, [3]int{3, 0, 0}, 437)
	for _, want := range []string{
		"not understood, passed over:\n  sub-01/ses-1: notes.txt\n",
		"failed:\n  sub-02/-: no statistics file in its folder\n",
	} {
		if !strings.Contains(r.stdout, want) {
			t.Errorf("%q is not in the output %q", want, r.stdout)
		}
	}
}
