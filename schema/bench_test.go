package schema_test

import (
	"testing"
	"time"

	"github.com/galley-db/galley/schema"
)

type plainRow struct {
	Subject, Session, Modality, Struct string
	Volume, Mean, Std                  float64
	Voxels, Seg                        int64
	When                               time.Time
}

func plain() plainRow {
	return plainRow{"sub-01", "ses-01", "T1w", "Left-Hippocampus", 4000.5, 80, 9.5, 4000, 17, time.Unix(1e9, 0).UTC()}
}

// sink is a Writer and a Reader that does as little as one can.
type sink struct{ n int }

func (s *sink) Null(i int)               { s.n += i }
func (s *sink) Bool(i int, _ bool)       { s.n += i }
func (s *sink) Int64(i int, _ int64)     { s.n += i }
func (s *sink) Float64(i int, _ float64) { s.n += i }
func (s *sink) Text(i int, v string)     { s.n += len(v) }
func (s *sink) Blob(i int, v []byte)     { s.n += len(v) }
func (s *sink) Time(i int, _ time.Time)  { s.n += i }

type source struct{ plainRow }

func (s *source) IsNull(int) bool     { return false }
func (s *source) Bool(int) bool       { return true }
func (s *source) Int64(int) int64     { return 1 }
func (s *source) Float64(int) float64 { return 1 }
func (s *source) Text(int) string     { return s.Subject }
func (s *source) Blob(int) []byte     { return nil }
func (s *source) Time(int) time.Time  { return s.When }

func TestPlainRowsDoNotAllocate(t *testing.T) {
	_, b := must[plainRow](t)
	row, w, r := plain(), &sink{}, &source{plain()}
	if n := testing.AllocsPerRun(100, func() {
		if err := b.Bind(w, &row); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("Bind allocates %v times a row, want 0", n)
	}
	if n := testing.AllocsPerRun(100, func() {
		if err := b.Scan(r, &row); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("Scan allocates %v times a row, want 0", n)
	}
}

// Pointers that exist, vectors and raw JSON are handed over as they lie
// in memory.
func TestWrappedRowsDoNotAllocate(t *testing.T) {
	type wrapped struct {
		P *float64
		V []float32
		B []byte
	}
	_, b := must[wrapped](t)
	f := 1.5
	row, w := wrapped{&f, []float32{1, 2}, nil}, &sink{}
	if n := testing.AllocsPerRun(100, func() {
		if err := b.Bind(w, &row); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("Bind allocates %v times a row, want 0", n)
	}
}

func BenchmarkBind(b *testing.B) {
	_, binder := must[plainRow](b)
	row, w := plain(), &sink{}
	b.ReportAllocs()
	for b.Loop() {
		if err := binder.Bind(w, &row); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10, "ns/column")
}

// bindByHand is what a binder does, without one.
//
//go:noinline
func bindByHand(w schema.Writer, row *plainRow) {
	w.Text(0, row.Subject)
	w.Text(1, row.Session)
	w.Text(2, row.Modality)
	w.Text(3, row.Struct)
	w.Float64(4, row.Volume)
	w.Float64(5, row.Mean)
	w.Float64(6, row.Std)
	w.Int64(7, row.Voxels)
	w.Int64(8, row.Seg)
	w.Time(9, row.When)
}

func BenchmarkBindByHand(b *testing.B) {
	row, w := plain(), &sink{}
	for b.Loop() {
		bindByHand(w, &row)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10, "ns/column")
}

func BenchmarkScan(b *testing.B) {
	_, binder := must[plainRow](b)
	row, r := plain(), &source{plain()}
	b.ReportAllocs()
	for b.Loop() {
		if err := binder.Scan(r, &row); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10, "ns/column")
}

func BenchmarkCheckText(b *testing.B) {
	c := schema.Column{Name: "c", Type: schema.Text}
	for b.Loop() {
		if err := c.CheckText("ctx-lh-superiorfrontal"); err != nil {
			b.Fatal(err)
		}
	}
}
