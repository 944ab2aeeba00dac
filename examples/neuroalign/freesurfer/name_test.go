package freesurfer

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestNamesOfSessions(t *testing.T) {
	file := &fstest.MapFile{}
	fsys := fstest.MapFS{
		"001.long.tmpl/stats/aseg.stats":          file,
		"OAS_0001_MR1/stats/aseg.stats":           file,
		"ses-05/sub-09/stats/aseg.stats":          file,
		"sub-01/stats/aseg.stats":                 file,
		"sub-01/base-tps":                         file,
		"sub-01.long.base/stats/aseg.stats":       file,
		"sub-01_ses-02/stats/aseg.stats":          file,
		"sub-01_ses-02.long.b/stats/aseg.stats":   file,
		"sub-01_ses-02_run-1/stats/aseg.stats":    file,
		"sub-02/stats/aseg.stats":                 file,
		"sub-03/ses-1/stats/aseg.stats":           file,
		"sub-03/ses-1.long.base/stats/aseg.stats": file,
		"sub-03/base/stats/aseg.stats":            file,
	}
	want := []string{
		"001/long.tmpl in 001.long.tmpl/stats",
		"OAS_0001_MR1/- in OAS_0001_MR1/stats",
		"sub-09/ses-05 in ses-05/sub-09/stats",
		"sub-01/base in sub-01/stats",
		"sub-01/long.base in sub-01.long.base/stats",
		"sub-01/ses-02 in sub-01_ses-02/stats",
		"sub-01/ses-02.long.b in sub-01_ses-02.long.b/stats",
		"sub-01/ses-02_run-1 in sub-01_ses-02_run-1/stats",
		"sub-02/- in sub-02/stats",
		"sub-03/base in sub-03/base/stats",
		"sub-03/ses-1 in sub-03/ses-1/stats",
		"sub-03/ses-1.long.base in sub-03/ses-1.long.base/stats",
	}
	if diff := cmp.Diff(want, found("study", fsys)); diff != "" {
		t.Errorf("sessions (-want +got):\n%s", diff)
	}
}

// Two folders of one session are both refused: neither may be skipped as done.
func TestNameTwice(t *testing.T) {
	file := &fstest.MapFile{}
	fsys := fstest.MapFS{
		"sub-01/ses-02/stats/aseg.stats": file,
		"sub-01_ses-02/stats/aseg.stats": file,
	}
	want := []string{
		"error: study/sub-01/ses-02 and study/sub-01_ses-02 are both ses-02 of sub-01: rename one of them",
		"error: study/sub-01_ses-02 and study/sub-01/ses-02 are both ses-02 of sub-01: rename one of them",
	}
	if diff := cmp.Diff(want, found("study", fsys)); diff != "" {
		t.Errorf("sessions (-want +got):\n%s", diff)
	}
}
