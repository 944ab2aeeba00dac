package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/galley-db/galley/schema"
)

func Example() {
	dir, err := os.MkdirTemp("", "generated")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	if err := run(context.Background(), filepath.Join(dir, "generated.db"), os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// applied: true
	// sub-01 Left-Putamen 4789.5 2024-05-06
}

// values is a Writer and a Reader that does as little as one can.
type values struct{ n int }

func (s *values) Null(i int)               { s.n += i }
func (s *values) Bool(i int, _ bool)       { s.n += i }
func (s *values) Int64(i int, _ int64)     { s.n += i }
func (s *values) Float64(i int, _ float64) { s.n += i }
func (s *values) Text(i int, v string)     { s.n += len(v) }
func (s *values) Blob(i int, v []byte)     { s.n += len(v) }
func (s *values) Time(i int, _ time.Time)  { s.n += i }

// source gives values of which none is NULL but the profile.
type source struct{ at time.Time }

func (s *source) IsNull(i int) bool   { return i == 6 }
func (s *source) Bool(int) bool       { return true }
func (s *source) Int64(int) int64     { return 1 }
func (s *source) Float64(int) float64 { return 1 }
func (s *source) Text(int) string     { return "text" }
func (s *source) Blob(int) []byte     { return nil }
func (s *source) Time(int) time.Time  { return s.at }

func row() Region {
	return Region{Session{"sub-01", 1}, "Left-Caudate", 3360.5, 3361, time.Unix(1e9, 0).UTC(), []float32{1, 2}}
}

func TestBinderDoesNotAllocate(t *testing.T) {
	one, w, r := row(), &values{}, &source{time.Unix(1e9, 0).UTC()}
	if n := testing.AllocsPerRun(100, func() {
		if err := (RegionBinder{}).Bind(w, &one); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("Bind allocates %v times a row, want 0", n)
	}
	if n := testing.AllocsPerRun(100, func() {
		if err := (RegionBinder{}).Scan(r, &one); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("Scan allocates %v times a row, want 0", n)
	}
}

// binders are both ways to move a Region.
func binders(b *testing.B) map[string]schema.Binder[Region] {
	b.Helper()
	s, err := schema.Of[Region]()
	if err != nil {
		b.Fatal(err)
	}
	reflective, err := schema.Reflect[Region](s)
	if err != nil {
		b.Fatal(err)
	}
	return map[string]schema.Binder[Region]{"reflective": reflective, "generated": RegionBinder{}}
}

func BenchmarkBind(b *testing.B) {
	for name, binder := range binders(b) {
		b.Run(name, func(b *testing.B) {
			one, w := row(), &values{}
			b.ReportAllocs()
			for b.Loop() {
				if err := binder.Bind(w, &one); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkScan(b *testing.B) {
	for name, binder := range binders(b) {
		b.Run(name, func(b *testing.B) {
			var one Region
			r := &source{time.Unix(1e9, 0).UTC()}
			b.ReportAllocs()
			for b.Loop() {
				if err := binder.Scan(r, &one); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
