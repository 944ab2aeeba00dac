package freesurfer

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Synthetic is the session's name of all made-up subjects: it marks each of
// their rows, in every table.
const Synthetic = "synthetic"

const (
	spread = 0.05               // largest relative change of a value
	seed   = 0x6e6575726f616c69 // any constant would do; a new one makes other subjects
)

// Template is a real session, read once, of which made-up ones are made. Its
// rows are not changed: several goroutines may use it at once.
type Template struct {
	segments []Segment
	volumes  []Volume
	parcels  []Parcel
	overlays []Overlay
	measures []Measure
}

// NewTemplate reads a session. Its error is a [*ParseError].
func NewTemplate(s *Session) (*Template, error) {
	var t Template
	var err error
	if t.segments, err = s.Segments(); err != nil {
		return nil, err
	}
	if t.volumes, err = s.Volumes(); err != nil {
		return nil, err
	}
	if t.parcels, err = s.Parcels(); err != nil {
		return nil, err
	}
	if t.overlays, err = s.Overlays(); err != nil {
		return nil, err
	}
	if t.measures, err = s.Measures(); err != nil {
		return nil, err
	}
	return &t, nil
}

// Replica is a made-up session: not data of anybody. Each measured value is
// the template's, changed by up to 5 % either way. It makes its rows when they
// are asked for and keeps none, always the same for the same template and
// number, and several goroutines may ask at once.
type Replica struct {
	template *Template
	number   uint64
}

// Replica gives made-up subject i.
func (t *Template) Replica(i int) *Replica {
	return &Replica{template: t, number: uint64(i)}
}

// ID gives "sim-" with the replica's number, and [Synthetic].
func (r *Replica) ID() (subject, session string) {
	return fmt.Sprintf("sim-%06d", r.number), Synthetic
}

// Segments makes the rows of the volume. The error is always nil.
func (r *Replica) Segments() ([]Segment, error) {
	draw := r.draw(1)
	rows := make([]Segment, len(r.template.segments))
	for i, s := range r.template.segments {
		s.Subject, s.Session = r.ID()
		s.NVoxels = draw.count(s.NVoxels)
		s.VolumeMM3 = draw.value(s.VolumeMM3)
		s.NormStdDev = draw.value(s.NormStdDev)
		// One factor for all of these, so that the least stays least.
		f := draw.factor()
		s.NormMean, s.NormMin, s.NormMax, s.NormRange = s.NormMean*f, s.NormMin*f, s.NormMax*f, s.NormRange*f
		rows[i] = s
	}
	return rows, nil
}

// Parcels makes the rows of the cortex. The error is always nil.
func (r *Replica) Parcels() ([]Parcel, error) {
	draw := r.draw(2)
	rows := make([]Parcel, len(r.template.parcels))
	for i, p := range r.template.parcels {
		p.Subject, p.Session = r.ID()
		p.NumVert = draw.count(p.NumVert)
		for _, v := range []*float64{
			&p.SurfArea, &p.GrayVol, &p.ThickAvg, &p.ThickStd,
			&p.MeanCurv, &p.GausCurv, &p.FoldInd, &p.CurvInd,
		} {
			*v = draw.value(*v)
		}
		rows[i] = p
	}
	return rows, nil
}

// Volumes makes the rows of the volume that have no intensities. The error is
// always nil.
func (r *Replica) Volumes() ([]Volume, error) {
	draw := r.draw(4)
	rows := make([]Volume, len(r.template.volumes))
	for i, v := range r.template.volumes {
		v.Subject, v.Session = r.ID()
		v.VolumeMM3 = draw.value(v.VolumeMM3)
		v.NVoxels.V = draw.count(v.NVoxels.V)
		rows[i] = v
	}
	return rows, nil
}

// Overlays makes the rows of values on the cortex. The error is always nil.
func (r *Replica) Overlays() ([]Overlay, error) {
	draw := r.draw(5)
	rows := make([]Overlay, len(r.template.overlays))
	for i, o := range r.template.overlays {
		o.Subject, o.Session = r.ID()
		o.NVertices, o.AreaMM2 = draw.count(o.NVertices), draw.value(o.AreaMM2)
		// One factor for all of these, as for the intensities of a Segment.
		f := draw.factor()
		o.Mean, o.StdDev, o.Min, o.Max, o.Range = o.Mean*f, o.StdDev*f, o.Min*f, o.Max*f, o.Range*f
		rows[i] = o
	}
	return rows, nil
}

// Files returns nothing: a replica has no files.
func (r *Replica) Files() ([]string, error) { return nil, nil }

// NotUnderstood returns nothing, likewise.
func (r *Replica) NotUnderstood() []string { return nil }

// Measures makes the rows of the headers, each with a source that begins with
// "synthetic:". The error is always nil.
func (r *Replica) Measures() ([]Measure, error) {
	draw := r.draw(3)
	rows := make([]Measure, len(r.template.measures))
	for i, m := range r.template.measures {
		m.Subject, m.Session = r.ID()
		m.Source = Synthetic + ":" + m.Source
		whole := m.Unit == "unitless" && m.Value == math.Trunc(m.Value)
		m.Value = draw.value(m.Value)
		if whole { // a number of vertices, or of holes
			m.Value = math.Round(m.Value)
		}
		rows[i] = m
	}
	return rows, nil
}

// dice gives the changes of one replica in one table.
type dice struct{ *rand.Rand }

// draw starts the changes of a table. Each table has its own, so that the
// rows do not depend on which tables were made before.
func (r *Replica) draw(table uint64) dice {
	return dice{rand.New(rand.NewPCG(seed+table, r.number))}
}

// factor is within 5 % of 1. The conversion keeps a compiler from fusing the
// two operations, which would give other bits on other processors
// (https://go.dev/ref/spec#Floating_point_operators).
func (d dice) factor() float64 {
	return 1 + float64(spread*(2*d.Float64()-1))
}

func (d dice) value(v float64) float64 { return v * d.factor() }

func (d dice) count(n int64) int64 { return int64(math.Round(d.value(float64(n)))) }
