package main

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/export"
	"github.com/galley-db/galley/internal/testtime"
)

// The export has every row, long and wide, and a second one adds to it.
func TestExportHasEveryRow(t *testing.T) {
	testtime.Seconds(t)
	dir := filepath.Join(t.TempDir(), "export")
	for _, run := range []struct {
		args []string
		want map[string][2]int64 // rows, sessions
	}{
		{[]string{"-replicate", "3"}, map[string][2]int64{
			"aparc.parquet": {3 * 278, 3}, "aseg.parquet": {3 * 115, 3}, "measures.parquet": {3 * 44, 3},
			"aparc.gray_vol.wide.parquet": {3, 3}, "aparc.thick_avg.wide.parquet": {3, 3}, "aseg.volume_mm3.wide.parquet": {3, 3},
		}},
		// The bundled session, in a file of its own.
		{nil, map[string][2]int64{
			"aparc.parquet": {4 * 278, 4}, "aseg.parquet": {4 * 115, 4}, "measures.parquet": {4 * 44, 4},
			"aparc.gray_vol.wide.parquet": {4, 4}, "aparc.thick_avg.wide.parquet": {4, 4}, "aseg.volume_mm3.wide.parquet": {4, 4},
		}},
	} {
		if r := try(t.Context(), append(run.args, "-out", outDir(t), "-export", dir)...); r.status != exitDone {
			t.Fatalf("status %d: %s", r.status, r.stderr)
		}
		m, err := export.ReadManifest(dir)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string][2]int64{}
		for _, f := range m.Files {
			got[f.Name] = [2]int64{f.Rows, f.Distinct.Count}
		}
		if diff := cmp.Diff(run.want, got); diff != "" {
			t.Errorf("files (-want +got):\n%s", diff)
		}
	}
}
