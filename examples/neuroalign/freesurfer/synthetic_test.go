package freesurfer

import (
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// volumeOf7 is volume_mm3 in the first row of replica 7: 5645.4 in the template.
const volumeOf7 = 5430.490014867199

type tables struct {
	Segments []Segment
	Parcels  []Parcel
	Measures []Measure
}

// made makes all rows of a replica, the tables in the order given.
func made(t *testing.T, r *Replica, order string) tables {
	t.Helper()
	var all tables
	var err error
	for _, table := range order {
		switch table {
		case 's':
			all.Segments, err = r.Segments()
		case 'p':
			all.Parcels, err = r.Parcels()
		case 'm':
			all.Measures, err = r.Measures()
		}
		if err != nil {
			t.Error(err)
		}
	}
	return all
}

func template(t *testing.T) *Template {
	t.Helper()
	tmpl, err := NewTemplate(sessionOf(sample(t)))
	if err != nil {
		t.Fatal(err)
	}
	return tmpl
}

// The rows depend on the template and the number alone.
func TestReplicaIsAlwaysTheSame(t *testing.T) {
	tmpl := template(t)
	want := made(t, tmpl.Replica(7), "spm")
	var wg sync.WaitGroup
	for _, order := range []string{"spm", "mps", "psm", "msp"} {
		for i := 6; i <= 8; i++ {
			wg.Go(func() {
				got := made(t, tmpl.Replica(i), order)
				switch same := cmp.Equal(want, got); {
				case i == 7 && !same:
					t.Errorf("replica 7 in the order %s (-want +got):\n%s", order, cmp.Diff(want, got))
				case i != 7 && same:
					t.Errorf("replica %d is that of 7", i)
				}
			})
		}
	}
	wg.Wait()
	if diff := cmp.Diff(want, made(t, template(t).Replica(7), "spm")); diff != "" {
		t.Errorf("replica 7 of a template read again (-want +got):\n%s", diff)
	}
	// As written down once, so that no change of a release goes unseen.
	if got := want.Segments[0]; math.Abs(got.VolumeMM3-volumeOf7) > 1e-9 {
		t.Errorf("volume_mm3 of the first row is %v, want %v", got.VolumeMM3, volumeOf7)
	}
}

// Each value is within 5 % of the real one, but different.
func TestReplicaIsNearTheTemplate(t *testing.T) {
	tmpl := template(t)
	source := tables{tmpl.segments, tmpl.parcels, tmpl.measures}
	changed := 0
	for i := 1; i <= 20; i++ {
		got := made(t, tmpl.Replica(i), "spm")
		near := func(what string, want, got, slack float64) {
			if math.Abs(got-want) > spread*math.Abs(want)+slack+1e-9 {
				t.Errorf("replica %d: %s is %v, want within 5 %% of %v", i, what, got, want)
			}
			if got != want {
				changed++
			}
		}
		for k, s := range got.Segments {
			r := source.Segments[k]
			near("n_voxels", float64(r.NVoxels), float64(s.NVoxels), 0.5)
			near("volume_mm3", r.VolumeMM3, s.VolumeMM3, 0)
			near("norm_mean", r.NormMean, s.NormMean, 0)
			near("norm_std_dev", r.NormStdDev, s.NormStdDev, 0)
			if s.NormMin > s.NormMean || s.NormMean > s.NormMax || math.Abs(s.NormMax-s.NormMin-s.NormRange) > 1e-3 {
				t.Errorf("replica %d: %+v: want min <= mean <= max, and range their distance", i, s)
			}
			if s.Atlas != r.Atlas || s.StructName != r.StructName || s.SegID != r.SegID {
				t.Errorf("replica %d: %+v is not of the same structure as %+v", i, s, r)
			}
		}
		for k, p := range got.Parcels {
			near("num_vert", float64(source.Parcels[k].NumVert), float64(p.NumVert), 0.5)
			near("thick_avg", source.Parcels[k].ThickAvg, p.ThickAvg, 0)
			near("curv_ind", source.Parcels[k].CurvInd, p.CurvInd, 0)
		}
		for k, m := range got.Measures {
			near(m.Field, source.Measures[k].Value, m.Value, 0.5)
			if m.Field == "NumVert" && m.Value != math.Round(m.Value) {
				t.Errorf("replica %d: %v vertices, want a whole number", i, m.Value)
			}
		}
	}
	if changed < 5000 {
		t.Errorf("%d values changed in 20 replicas, want nearly all of 18,000", changed)
	}
	if diff := cmp.Diff(template(t).segments, tmpl.segments); diff != "" {
		t.Errorf("the template was changed (-want +got):\n%s", diff)
	}
}

func TestReplicaSaysWhatItIs(t *testing.T) {
	got := made(t, template(t).Replica(12), "spm")
	for _, s := range got.Segments {
		if s.Subject != "sim-000012" || s.Session != "synthetic" {
			t.Fatalf("segment of %s/%s, want sim-000012/synthetic", s.Subject, s.Session)
		}
	}
	for _, p := range got.Parcels {
		if p.Subject != "sim-000012" || p.Session != "synthetic" {
			t.Fatalf("parcel of %s/%s, want sim-000012/synthetic", p.Subject, p.Session)
		}
	}
	for _, m := range got.Measures {
		if m.Subject != "sim-000012" || m.Session != "synthetic" || !strings.HasPrefix(m.Source, "synthetic:") {
			t.Fatalf("measure of %s/%s from %s, want sim-000012/synthetic and a source that says so", m.Subject, m.Session, m.Source)
		}
	}
	if n := [3]int{len(got.Segments), len(got.Parcels), len(got.Measures)}; n != [3]int{115, 278, 44} {
		t.Errorf("rows %v, want those of the template: 115, 278, 44", n)
	}
}
