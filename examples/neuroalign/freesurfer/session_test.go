package freesurfer

import (
	"maps"
	"math"
	"os"
	"path"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// sample is the bundled subject's stats folder as a map that tests may damage.
func sample(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, name := range filesOf(t) {
		text, err := os.ReadFile(path.Join("../testdata/freesurfer/sub-01/stats", name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(text)
	}
	return files
}

func filesOf(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir("../testdata/freesurfer/sub-01/stats")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// sessionOf makes a session of files.
func sessionOf(files map[string]string) *Session {
	fsys := fstest.MapFS{"s/stats/.hidden": {}}
	for name, text := range files {
		fsys[path.Join("s/stats", name)] = &fstest.MapFile{Data: []byte(text)}
	}
	return &Session{Subject: "s", Name: NoSession, root: "study", fsys: fsys, dir: "s"}
}

// The counts and sums below were taken from the files with awk.

func TestSegments(t *testing.T) {
	rows, err := sessionOf(sample(t)).Segments()
	if err != nil {
		t.Fatal(err)
	}
	type sum struct {
		Rows, Voxels int64
		Volume       float64
	}
	got := map[string]sum{}
	for _, r := range rows {
		s := got[r.Atlas]
		s.Rows++
		s.Voxels += r.NVoxels
		s.Volume = math.Round((s.Volume+r.VolumeMM3)*10) / 10
		got[r.Atlas] = s
	}
	want := map[string]sum{"aseg": {45, 205562, 206092.9}, "wmparc": {70, 407125, 409488.2}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows, n_voxels and volume_mm3 by atlas (-want +got):\n%s", diff)
	}
	first := Segment{"s", "-", "aseg", 4, "Left-Lateral-Ventricle", 5305, 5645.4, 31.3776, 13.2847, 4, 84, 80, ""}
	if diff := cmp.Diff(first, rows[0]); diff != "" {
		t.Errorf("first row (-want +got):\n%s", diff)
	}
}

func TestParcels(t *testing.T) {
	rows, err := sessionOf(sample(t)).Parcels()
	if err != nil {
		t.Fatal(err)
	}
	type sum struct {
		Rows, Vertices int64
		Volume         float64
	}
	got := map[string]sum{}
	for _, r := range rows {
		s := got[r.Hemi+"."+r.Atlas]
		s.Rows++
		s.Vertices += r.NumVert
		s.Volume += r.GrayVol
		got[r.Hemi+"."+r.Atlas] = s
	}
	want := map[string]sum{
		"lh.aparc":          {34, 111776, 209640},
		"rh.aparc":          {34, 111201, 209516},
		"lh.aparc.a2009s":   {74, 111776, 209640},
		"rh.aparc.a2009s":   {74, 111201, 209516},
		"lh.aparc.DKTatlas": {31, 111776, 209639},
		"rh.aparc.DKTatlas": {31, 111201, 209518},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows, num_vert and gray_vol by file (-want +got):\n%s", diff)
	}
	first := Parcel{"s", "-", "lh", "aparc", "bankssts", 1405, 927, 2182, 2.569, 0.367, 0.098, 0.018, 8, 1.1, ""}
	if diff := cmp.Diff(first, rows[0]); diff != "" {
		t.Errorf("first row (-want +got):\n%s", diff)
	}
}

func TestMeasures(t *testing.T) {
	rows, err := sessionOf(sample(t)).Measures()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, r := range rows {
		got[r.Source]++
	}
	want := map[string]int{
		"aseg.stats": 20, "wmparc.stats": 6,
		"lh.aparc.stats": 3, "lh.aparc.a2009s.stats": 3, "lh.aparc.DKTatlas.stats": 3,
		"rh.aparc.stats": 3, "rh.aparc.a2009s.stats": 3, "rh.aparc.DKTatlas.stats": 3,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("measures by source (-want +got):\n%s", diff)
	}
	etiv := Measure{"s", "-", "aseg.stats", "eTIV", 1243990.209735, "mm^3", ""}
	if diff := cmp.Diff(etiv, rows[19]); diff != "" {
		t.Errorf("last measure of aseg.stats (-want +got):\n%s", diff)
	}
}

// FreeSurfer 6 omits one comma, and a description may contain one more.
func TestMeasureCommas(t *testing.T) {
	files := sample(t)
	files["aseg.stats"] = "# Measure Cortex, CortexVol Total cortical gray matter volume, 553998.3, mm^3\n" +
		"# Measure Mask, MaskVol, Mask, of the brain, 7, mm^3\n" +
		"# ColHeaders StructName\n"
	rows, err := sessionOf(files).Measures()
	if err != nil {
		t.Fatal(err)
	}
	want := []Measure{
		{"s", "-", "aseg.stats", "CortexVol", 553998.3, "mm^3", ""},
		{"s", "-", "aseg.stats", "MaskVol", 7, "mm^3", ""},
	}
	if diff := cmp.Diff(want, rows[:2]); diff != "" {
		t.Errorf("measures (-want +got):\n%s", diff)
	}
}

// Columns are found by name: another order and a further column give the same
// rows.
func TestColumnOrder(t *testing.T) {
	files := sample(t)
	want, err := sessionOf(files).Parcels()
	if err != nil {
		t.Fatal(err)
	}
	files = maps.Clone(files)
	files["lh.aparc.stats"] = edit(t, files["lh.aparc.stats"], func(fields []string) []string {
		if fields[0] == "#" {
			if fields[1] == "NTableCols" {
				return []string{"#", "NTableCols", "11"}
			}
			if fields[1] != "ColHeaders" {
				return fields
			}
			return append([]string{"#", "ColHeaders", "Extra"}, reversed(fields[2:])...)
		}
		return append([]string{"?"}, reversed(fields)...)
	})
	got, err := sessionOf(files).Parcels()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows with the columns reversed (-want +got):\n%s", diff)
	}
}
