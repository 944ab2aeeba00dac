package row

import (
	"reflect"
	"testing"
	"time"

	"github.com/galley-db/galley/schema"
)

// values is a Writer and a Reader that costs next to nothing.
type values struct{ n int }

func (v *values) Null(i int)               { v.n += i }
func (v *values) Bool(i int, _ bool)       { v.n += i }
func (v *values) Int64(i int, _ int64)     { v.n += i }
func (v *values) Float64(i int, _ float64) { v.n += i }
func (v *values) Text(i int, s string)     { v.n += len(s) }
func (v *values) Blob(i int, b []byte)     { v.n += len(b) }
func (v *values) Time(i int, _ time.Time)  { v.n += i }

type source struct{}

func (source) IsNull(int) bool     { return false }
func (source) Bool(int) bool       { return true }
func (source) Int64(int) int64     { return 1 }
func (source) Float64(int) float64 { return 1 }
func (source) Text(int) string     { return "text" }
func (source) Blob(int) []byte     { return nil }
func (source) Time(int) time.Time  { return time.Time{} }

func binders[T any](b *testing.B, kind string, list []T, generated schema.Binder[T]) {
	b.Helper()
	s, err := schema.OfType(reflect.TypeFor[T]())
	if err != nil {
		b.Fatal(err)
	}
	reflective, err := schema.Reflect[T](s)
	if err != nil {
		b.Fatal(err)
	}
	for _, way := range []struct {
		name   string
		binder schema.Binder[T]
	}{{"reflective", reflective}, {"generated", generated}} {
		b.Run("bind/"+kind+"/"+way.name, func(b *testing.B) {
			w := &values{}
			b.ReportAllocs()
			for b.Loop() {
				if err := way.binder.Bind(w, &list[0]); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("scan/"+kind+"/"+way.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := way.binder.Scan(source{}, &list[0]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkBinders compares the binders alone: what is around them in a
// database takes far longer.
func BenchmarkBinders(b *testing.B) {
	binders(b, "A", NewBatch(A, 1, 0).Slice().([]Sample), SampleBinder{})
	binders(b, "B", NewBatch(B, 1, 0).Slice().([]Wide), WideBinder{})
	binders(b, "C", NewBatch(C, 1, 0).Slice().([]Texts), TextsBinder{})
	binders(b, "D", NewBatch(D, 1, 0).Slice().([]Ints), IntsBinder{})
}
