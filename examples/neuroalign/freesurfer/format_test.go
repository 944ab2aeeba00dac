package freesurfer

import (
	"database/sql"
	"errors"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// contrast is w-g.pct.stats in short: FreeSurfer divides by zero in "unknown".
const contrast = `# Title Segmentation Statistics
# NRows 2
# NTableCols 11
# ColHeaders  Index SegId NVertices Area_mm2 StructName Mean StdDev Min Max Range SNR
  1 1000     6568     2129.8  unknown      0.0000     0.0000     0.0000     0.0000     0.0000       -nan
  2 1001     1600      537.5  bankssts    28.5000     4.5000    -6.2500    41.7500    48.0000     6.3333
`

// curvature is curv.stats in short.
const curvature = `
Raw <mean> +- <std> (using 'lh.curv'):                -0.04740 +- 0.1942
       Raw Min:                                       -2.23895 at vertex 10493
       Raw Curvature Calculation Type:                discrete
       Raw Mean Vertex Separation (Whole Surface):     0.84052 +- 0.23492 mm
       Raw Total Surface Area:                     97053.15625 mm^2
       Raw AreaNorm Natural Surface Integral:         -0.02021 across 97052.445312 (100.00%) mm^2

Raw <mean> +- <std> (using 'lh.sulc'):                -0.50000 +- 0.5798

K <mean> +- <std> (using 'lh.smoothwm'):               0.16988 +- 5.0804 mm^-2
         K Mean Natural Surface Integral:              0.00008 across 164000 (100.00%) vertices

curv -- calculation type:                                discrete
curv -- Intrinsic Curvature Index - natural  (ICIt):      0.56163

Mean across 10 curvatures: 1.5e-01 +- 2.5e-01
`

// others are the files that a session may have beside the bundled ones.
var others = map[string]string{
	// FreeSurfer 5.3 and 7.
	"lh.BA.stats":               "", // as lh.aparc.stats
	"rh.aparc.DKTatlas40.stats": "",
	"lh.aparc.pial.stats":       "",
	"lh.w-g.pct.stats":          contrast,
	"lh.curv.stats":             curvature,
	"brainvol.stats":            "# Measure BrainSeg, BrainSegVol, Brain Segmentation Volume, 1118981.5, mm^3\n",
	// Subfields, by the scripts of FreeSurfer 7.
	"hipposubfields.rh.T1.v22.stats": "# Hippocampal subfield volumes\n1 1  0 512.25 Hippocampal_tail\n2 2  0 251.5 subiculum-body\n",
	"brainstem.v13.stats":            "# Brain stem volumes\n1 1  0 4500.5 Medulla\n",
	// FastSurfer: with the intensities of an image, and without.
	"aseg+DKT.stats": "# Title Segmentation Statistics\n# generating_program segstats.py\n# NRows 1\n# NTableCols 10\n" +
		"# ColHeaders  Index SegId NVoxels Volume_mm3 StructName origMean origStdDev origMin origMax origRange\n" +
		"1 4 5305 5645.412 Left-Lateral-Ventricle 31.3776 13.2847 4.0000 84.0000 80.0000\n",
	"hypothalamus.HypVINN.stats": "# Title Segmentation Statistics\n# NRows 1\n# NTableCols 5\n" +
		"# ColHeaders  Index SegId NVoxels Volume_mm3 StructName\n1 3 120 119.500 Left-Fornix\n",
	// FreeSurfer 8.
	"synthseg.vol.csv": "subject,total intracranial,left cerebral white matter\norig.mgz,1500000.5,210000.25\n",
}

// rich is the bundled session with all of others.
func rich(t *testing.T) map[string]string {
	t.Helper()
	files := sample(t)
	like := files["lh.aparc.stats"]
	maps.Copy(files, others)
	for name, text := range files {
		if text == "" {
			files[name] = like
		}
	}
	return files
}

func TestEveryFileIsRead(t *testing.T) {
	plain, s := sessionOf(sample(t)), sessionOf(rich(t))
	segments, errSegments := s.Segments()
	parcels, errParcels := s.Parcels()
	volumes, errVolumes := s.Volumes()
	overlays, errOverlays := s.Overlays()
	measures, errMeasures := s.Measures()
	if err := errors.Join(errSegments, errParcels, errVolumes, errOverlays, errMeasures); err != nil {
		t.Fatal(err)
	}

	before, err := plain.Segments()
	if err != nil {
		t.Fatal(err)
	}
	want := append(before, Segment{"s", "-", "aseg+DKT", 4, "Left-Lateral-Ventricle", 5305, 5645.412, 31.3776, 13.2847, 4, 84, 80, ""})
	if diff := cmp.Diff(want, segments); diff != "" {
		t.Errorf("segments (-want +got):\n%s", diff)
	}

	got := map[string]int{}
	for _, p := range parcels {
		got[p.Hemi+" "+p.Atlas]++
	}
	wantParcels := map[string]int{
		"lh aparc": 34, "rh aparc": 34, "lh aparc.a2009s": 74, "rh aparc.a2009s": 74, "lh aparc.DKTatlas": 31, "rh aparc.DKTatlas": 31,
		"lh BA": 34, "rh aparc.DKTatlas40": 34, "lh aparc.pial": 34,
	}
	if diff := cmp.Diff(wantParcels, got); diff != "" {
		t.Errorf("parcels by atlas (-want +got):\n%s", diff)
	}

	wantVolumes := []Volume{
		{Atlas: "brainstem.v13", StructName: "Medulla", VolumeMM3: 4500.5},
		{Hemi: "rh", Atlas: "hipposubfields.T1.v22", StructName: "Hippocampal_tail", VolumeMM3: 512.25},
		{Hemi: "rh", Atlas: "hipposubfields.T1.v22", StructName: "subiculum-body", VolumeMM3: 251.5},
		{Atlas: "hypothalamus.HypVINN", StructName: "Left-Fornix", VolumeMM3: 119.5,
			SegID: sql.Null[int64]{V: 3, Valid: true}, NVoxels: sql.Null[int64]{V: 120, Valid: true}},
		{Atlas: "synthseg.vol", StructName: "total intracranial", VolumeMM3: 1500000.5},
		{Atlas: "synthseg.vol", StructName: "left cerebral white matter", VolumeMM3: 210000.25},
	}
	for i := range wantVolumes {
		wantVolumes[i].Subject, wantVolumes[i].Session = "s", "-"
	}
	if diff := cmp.Diff(wantVolumes, volumes); diff != "" {
		t.Errorf("volumes (-want +got):\n%s", diff)
	}

	wantOverlays := []Overlay{
		{"s", "-", "lh", "w-g.pct", 1000, "unknown", 6568, 2129.8, 0, 0, 0, 0, 0, math.NaN(), ""},
		{"s", "-", "lh", "w-g.pct", 1001, "bankssts", 1600, 537.5, 28.5, 4.5, -6.25, 41.75, 48, 6.3333, ""},
	}
	if diff := cmp.Diff(wantOverlays, overlays, cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("overlays (-want +got):\n%s", diff)
	}

	fields := map[string]int{}
	for _, m := range measures {
		fields[m.Source]++
	}
	wantFields := map[string]int{
		"aseg.stats": 20, "wmparc.stats": 6,
		"lh.aparc.stats": 3, "lh.aparc.a2009s.stats": 3, "lh.aparc.DKTatlas.stats": 3,
		"rh.aparc.stats": 3, "rh.aparc.a2009s.stats": 3, "rh.aparc.DKTatlas.stats": 3,
		"lh.BA.stats": 3, "lh.aparc.pial.stats": 3, "rh.aparc.DKTatlas40.stats": 3, "lh.curv.stats": 15, "brainvol.stats": 1,
	}
	if diff := cmp.Diff(wantFields, fields); diff != "" {
		t.Errorf("measures by source (-want +got):\n%s", diff)
	}
	if got := s.NotUnderstood(); len(got) > 0 {
		t.Errorf("not understood: %q", got)
	}
}

func TestCurvature(t *testing.T) {
	type value struct {
		Field string
		Value float64
		Unit  string
	}
	want := []value{
		{"curv Raw mean", -0.0474, "unitless"},
		{"curv Raw std", 0.1942, "unitless"},
		{"curv Raw Min", -2.23895, "unitless"},
		{"curv Raw Mean Vertex Separation (Whole Surface)", 0.84052, "mm"},
		{"curv Raw Mean Vertex Separation (Whole Surface) std", 0.23492, "mm"},
		{"curv Raw Total Surface Area", 97053.15625, "mm^2"},
		{"curv Raw AreaNorm Natural Surface Integral", -0.02021, "unitless"},
		{"sulc Raw mean", -0.5, "unitless"},
		{"sulc Raw std", 0.5798, "unitless"},
		{"smoothwm K mean", 0.16988, "mm^-2"},
		{"smoothwm K std", 5.0804, "mm^-2"},
		{"smoothwm K Mean Natural Surface Integral", 0.00008, "unitless"},
		{"curv Intrinsic Curvature Index - natural (ICIt)", 0.56163, "unitless"},
		{"Mean across 10 curvatures", 0.15, "unitless"},
		{"Mean across 10 curvatures std", 0.25, "unitless"},
	}
	for name, text := range map[string]string{
		"one run":  curvature,
		"two runs": strings.ReplaceAll(strings.ReplaceAll(curvature, "97053", "1"), "10 curv", "9 curv") + curvature,
	} {
		rows, err := sessionOf(map[string]string{"lh.curv.stats": text}).Measures()
		if err != nil {
			t.Fatal(err)
		}
		var got []value
		for _, r := range rows {
			got = append(got, value{r.Field, r.Value, r.Unit})
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: values (-want +got):\n%s", name, diff)
		}
	}
}

// The lists in the mri folder are read unless the stats folder holds the same.
func TestVolumeLists(t *testing.T) {
	lists := map[string]string{
		"../mri/lh.hippoSfVolumes-T1.v10.txt":            "Hippocampal_tail 512.25\nCA1 600.5\n",
		"../mri/brainstemSsVolumes.v10.txt":              "Medulla 4500.5\n",
		"../mri/hypothalamic_subunits_volumes.v1.csv":    "subject,left anterior-inferior\nT1.mgz,20.5\n",
		"../mri/transforms.txt":                          "not a list\n",
		"../mri/hypothalamic_subunits_volumes.v1.csv.gz": "nor this",
	}
	s := sessionOf(lists)
	rows, err := s.Volumes()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rows {
		got = append(got, strings.Join([]string{r.Hemi, r.Atlas, r.StructName}, "|"))
	}
	want := []string{
		"|brainstemSsVolumes.v10|Medulla",
		"|hypothalamic_subunits_volumes.v1|left anterior-inferior",
		"lh|hippoSfVolumes-T1.v10|Hippocampal_tail",
		"lh|hippoSfVolumes-T1.v10|CA1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("volumes (-want +got):\n%s", diff)
	}

	lists["brainstem.v13.stats"] = others["brainstem.v13.stats"]
	files, err := sessionOf(lists).Files()
	if err != nil {
		t.Fatal(err)
	}
	wantFiles := []string{"brainstem.v13.stats", "mri/hypothalamic_subunits_volumes.v1.csv", "mri/lh.hippoSfVolumes-T1.v10.txt"}
	if diff := cmp.Diff(wantFiles, files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

// A file that is not a statistics file is named, and does not hide the others.
func TestNotUnderstood(t *testing.T) {
	files := sample(t)
	files["subject.aseg.mean.stats"] = "Measure:mean\tLeft-Caudate\nsub-01\t78.1\n" // by asegstats2table
	files["callosum.json"] = "{}"
	files["new.stats"] = "# ColHeaders Index Name Score\n1 a 2\n"
	files["folder/aseg.stats"] = ""
	s := sessionOf(files)
	for table, get := range map[string]func() (int, error){
		"segments": func() (int, error) { r, err := s.Segments(); return len(r), err },
		"parcels":  func() (int, error) { r, err := s.Parcels(); return len(r), err },
		"measures": func() (int, error) { r, err := s.Measures(); return len(r), err },
	} {
		if n, err := get(); n == 0 || err != nil {
			t.Errorf("%s: %d rows, error %v", table, n, err)
		}
	}
	got := slices.Sorted(slices.Values(s.NotUnderstood()))
	if diff := cmp.Diff([]string{"callosum.json", "new.stats", "subject.aseg.mean.stats"}, got); diff != "" {
		t.Errorf("not understood (-want +got):\n%s", diff)
	}
}

// A damaged file of these kinds fails its table.
func TestDamagedOthers(t *testing.T) {
	tests := []struct {
		file, text string
		fails      func(*Session) error
		want       ParseError
	}{
		{"lh.curv.stats", "Raw Min: low\n", errorOfMeasures, ParseError{Line: 1, Got: `"low" as the value of Raw Min`, Want: "a finite number"}},
		{"lh.curv.stats", "Raw Min\n", errorOfMeasures, ParseError{Line: 1, Got: `"Raw Min"`, Want: "LABEL: VALUE"}},
		{"lh.curv.stats", "Raw Min:\n", errorOfMeasures, ParseError{Line: 1, Got: "no value", Want: "LABEL: VALUE"}},
		{"lh.curv.stats", "\n", errorOfMeasures, ParseError{Got: "no values", Want: "curvature statistics"}},
		{"lh.curv.stats", "Raw Min: 1\nRaw Min: 2\n", errorOfMeasures, ParseError{Line: 2, Got: "the measure Raw Min again", Want: "only that in line 1"}},
		{"lh.curv.stats", "Raw Min: 1", errorOfMeasures, ParseError{Line: 1, Got: "the end of the file within a line", Want: "a whole line: the file looks cut short"}},
		{"brainvol.stats", "", errorOfMeasures, ParseError{Got: "an empty file", Want: "FreeSurfer statistics"}},
		{"lh.w-g.pct.stats", strings.Replace(contrast, "6.3333", "high", 1), errorOfOverlays, ParseError{Line: 6, Got: `"high" in column SNR`, Want: "a finite number"}},
		{"lh.w-g.pct.stats", "# NRows x\n", errorOfOverlays, ParseError{Line: 1, Got: `NRows "x"`, Want: "a whole number"}},
		{"brainstem.v13.stats", "# Volumes\n1 1 0 many Medulla\n", errorOfVolumes, ParseError{Line: 2, Got: `"many" in column Volume_mm3`, Want: "a finite number"}},
		{"brainstem.v13.stats", "# Volumes\n1 1 0 5\n", errorOfVolumes, ParseError{Line: 2, Got: "no '# ColHeaders' line up to here", Want: "one before the first row"}},
		{"brainstem.v13.stats", "# Volumes\n", errorOfVolumes, ParseError{Line: 1, Got: "no '# ColHeaders' line up to here", Want: "one before the first row"}},
		{"a.lh.stats", "# Volumes\n", errorOfVolumes, ParseError{Line: 1, Got: "no '# ColHeaders' line up to here", Want: "one before the first row"}},
		{"../mri/lh.hippoSfVolumes-T1.v10.txt", "", errorOfVolumes, ParseError{Got: "an empty file", Want: "structures and their volumes"}},
		{"../mri/lh.hippoSfVolumes-T1.v10.txt", "CA1 5\nCA1 6\n", errorOfVolumes, ParseError{Line: 2, Got: "the structure CA1 again", Want: "only that in line 1"}},
		{"synthseg.vol.csv", "subject,a\n", errorOfVolumes, ParseError{Got: "1 line", Want: "2: structures, and the volumes of one session"}},
		{"synthseg.vol.csv", "subject,a\nx,1,2\n", errorOfVolumes, ParseError{Line: 2, Got: "3 values", Want: "2, one for each structure"}},
		{"synthseg.vol.csv", "subject,a\nx,big\n", errorOfVolumes, ParseError{Line: 2, Got: `"big" as the volume of a`, Want: "a finite number"}},
		{"synthseg.vol.csv", "subject,a,a\nx,1,2\n", errorOfVolumes, ParseError{Line: 2, Got: "the structure a again", Want: "each structure once"}},
		{"synthseg.vol.csv", "subject,\"a\nx,1\n", errorOfVolumes, ParseError{Line: 1, Got: `"subject,\"a"`, Want: "values with commas between them"}},
	}
	for _, test := range tests {
		var got *ParseError
		if err := test.fails(sessionOf(map[string]string{test.file: test.text})); !errors.As(err, &got) {
			t.Errorf("%s %q: error %v, want a *ParseError", test.file, test.text, err)
			continue
		}
		test.want.File = "study/s/" + strings.TrimPrefix("stats/"+test.file, "stats/../")
		if diff := cmp.Diff(test.want, *got); diff != "" {
			t.Errorf("%s %q (-want +got):\n%s", test.file, test.text, diff)
		}
	}
}

func errorOfMeasures(s *Session) error { _, err := s.Measures(); return err }
func errorOfOverlays(s *Session) error { _, err := s.Overlays(); return err }
func errorOfVolumes(s *Session) error  { _, err := s.Volumes(); return err }
