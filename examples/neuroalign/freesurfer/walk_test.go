package freesurfer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// found walks and gives what came, one string an item.
func found(root string, fsys fs.FS) []string {
	var all []string
	for s, err := range Walk(root, fsys) {
		var none *NoStatsError
		switch {
		case errors.As(err, &none):
			all = append(all, "no stats: "+none.Dir)
		case err != nil:
			all = append(all, "error: "+err.Error())
		default:
			all = append(all, s.Subject+"/"+s.Name+" in "+path.Join(s.dir, statsDir))
		}
	}
	return all
}

func TestWalkFindsSessions(t *testing.T) {
	file := &fstest.MapFile{}
	fsys := fstest.MapFS{
		"sub-01/stats/aseg.stats":        file,
		"sub-01/mri/orig.mgz":            file,
		"sub-02/ses-1/stats/aseg.stats":  file,
		"sub-02/ses-2/stats/aseg.stats":  file,
		"sub-02/ses-3/mri/orig.mgz":      file,
		"sub-03/stats/aseg.stats":        file,
		"sub-03/ses-1/stats/aseg.stats":  file,
		"sub-03/stats/stats/aseg.stats":  file,
		"sub-04/-/stats/aseg.stats":      file,
		"sub-05/stats":                   file, // a file
		"fsaverage/surf/lh.white":        file,
		".cache/stats/aseg.stats":        file,
		"sub-06/.trash/stats/aseg.stats": file,
		"README":                         file,
	}
	want := []string{
		"no stats: study/fsaverage",
		"sub-01/- in sub-01/stats",
		"sub-02/ses-1 in sub-02/ses-1/stats",
		"sub-02/ses-2 in sub-02/ses-2/stats",
		"sub-03/- in sub-03/stats",
		"sub-03/ses-1 in sub-03/ses-1/stats",
		`error: study/sub-04/-: a session cannot be named "-", which stands for a subject without sessions`,
		"no stats: study/sub-05",
		"no stats: study/sub-06",
	}
	if diff := cmp.Diff(want, found("study", fsys)); diff != "" {
		t.Errorf("sessions (-want +got):\n%s", diff)
	}
}

// More subjects than are read at a time.
func TestWalkMany(t *testing.T) {
	dir := t.TempDir()
	want := map[string]bool{}
	for i := range 2*window + 1 {
		name := fmt.Sprintf("sub-%04d", i)
		if err := os.MkdirAll(filepath.Join(dir, name, "stats"), 0o700); err != nil {
			t.Fatal(err)
		}
		want[name+"/- in "+name+"/stats"] = true
	}
	got := map[string]bool{}
	for _, s := range found("study", os.DirFS(dir)) {
		if got[s] {
			t.Errorf("%s came twice", s)
		}
		got[s] = true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sessions (-want +got):\n%s", diff)
	}
}

func TestWalkLinks(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "elsewhere", "stats"), 0o700); err != nil {
		t.Fatal(err)
	}
	study := filepath.Join(dir, "study")
	if err := os.Mkdir(study, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{"sub-01": "../elsewhere", "sub-02": "../nowhere"} {
		if err := os.Symlink(target, filepath.Join(study, name)); err != nil {
			t.Skipf("this system makes no symbolic links: %v", err)
		}
	}
	want := []string{"sub-01/- in sub-01/stats"}
	if diff := cmp.Diff(want, found("study", os.DirFS(study))); diff != "" {
		t.Errorf("sessions (-want +got):\n%s", diff)
	}
}

// failing fails to open one folder.
type failing struct {
	fs.FS
	name string
}

func (f failing) Open(name string) (fs.File, error) {
	if name == f.name {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return f.FS.Open(name)
}

func TestWalkGoesOnAfterAnError(t *testing.T) {
	fsys := fstest.MapFS{
		"sub-01/ses-1/stats/aseg.stats": &fstest.MapFile{},
		"sub-02/ses-1/stats/aseg.stats": &fstest.MapFile{},
		"sub-03/stats/aseg.stats":       &fstest.MapFile{},
	}
	got := found("study", failing{fsys, "sub-02/ses-1/stats"})
	if len(got) != 3 || !strings.HasPrefix(got[1], "error: looking at study/sub-02/ses-1/stats") ||
		!strings.HasSuffix(got[1], fs.ErrPermission.Error()) || !strings.HasPrefix(got[2], "sub-03/-") {
		t.Errorf("got %q, want sub-01, an error about sub-02, sub-03", got)
	}
	got = found("study", failing{fsys, "."})
	if len(got) != 1 || !strings.HasPrefix(got[0], "error: reading the folder study") {
		t.Errorf("got %q, want one error about the folder", got)
	}
}

// A walk that is left stops.
func TestWalkLeft(t *testing.T) {
	fsys := fstest.MapFS{
		"sub-01/stats/aseg.stats":       &fstest.MapFile{},
		"sub-01/ses-1/stats/aseg.stats": &fstest.MapFile{},
		"sub-02/stats/aseg.stats":       &fstest.MapFile{},
		"sub-03/mri/orig.mgz":           &fstest.MapFile{},
	}
	for leave := 1; leave <= 4; leave++ {
		n := 0
		for range Walk("study", fsys) {
			if n++; n == leave {
				break
			}
		}
		if n != leave {
			t.Errorf("%d items after leaving at %d", n, leave)
		}
	}
}
