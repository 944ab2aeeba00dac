package record

import (
	"testing"

	"github.com/galley-db/galley/schema"
)

var features = []schema.Column{
	{Name: "subject", Type: schema.Text}, {Name: "session", Type: schema.Text},
	{Name: "region", Type: schema.Text}, {Name: "modality", Type: schema.Text},
	{Name: "volume", Type: schema.Float64}, {Name: "thickness", Type: schema.Float64},
	{Name: "area", Type: schema.Float64}, {Name: "curv", Type: schema.Float64},
	{Name: "voxels", Type: schema.Int64}, {Name: "ok", Type: schema.Bool},
}

func writeFeature(w schema.Writer, k int) {
	w.Text(0, "sub-0001")
	w.Text(1, "ses-01")
	w.Text(2, "ctx-lh-superiorfrontal")
	w.Text(3, "anat")
	w.Float64(4, float64(k)*1.5)
	w.Float64(5, 2.75)
	w.Float64(6, 1234.5)
	w.Float64(7, 0.125)
	w.Int64(8, int64(k))
	w.Bool(9, true)
}

// BenchmarkEncode makes the record of a row of 10 columns.
func BenchmarkEncode(b *testing.B) {
	e := NewEncoder(features, 0)
	dst := make([]byte, 0, 200)
	k := 0
	for b.Loop() {
		k++
		e.Reset()
		writeFeature(e, k)
		if e.Err() != nil {
			b.Fatal(e.Err())
		}
		dst = e.AppendTo(dst[:0])
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportAllocs()
}

// BenchmarkParse takes the same record apart.
func BenchmarkParse(b *testing.B) {
	e := NewEncoder(features, 0)
	writeFeature(e, 1000)
	record := e.AppendTo(nil)
	var cells []Cell
	for b.Loop() {
		var err error
		if cells, err = Parse(record, cells); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
}
