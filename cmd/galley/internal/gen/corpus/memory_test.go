package corpus

import (
	"bytes"
	"fmt"
	floats "math"
	"time"

	tables "github.com/galley-db/galley/schema"
	"pgregory.net/rapid"
)

// calls is a Writer that notes what it is called with.
type calls struct{ list []string }

func (c *calls) add(i int, method string, v any) {
	c.list = append(c.list, fmt.Sprintf("%d %s %T %v", i, method, v, v))
}

func (c *calls) Null(i int)               { c.add(i, "Null", nil) }
func (c *calls) Bool(i int, v bool)       { c.add(i, "Bool", v) }
func (c *calls) Int64(i int, v int64)     { c.add(i, "Int64", v) }
func (c *calls) Float64(i int, v float64) { c.add(i, "Float64", floats.Float64bits(v)) }
func (c *calls) Text(i int, v string)     { c.add(i, "Text", v) }
func (c *calls) Blob(i int, v []byte)     { c.add(i, fmt.Sprint("Blob ", v == nil), bytes.Clone(v)) }
func (c *calls) Time(i int, v time.Time)  { c.add(i, "Time", v) }

// answers is a Reader whose values may be of any type, and not fit.
type answers struct {
	null  []bool
	ints  []int64
	reals []float64
	texts []string
	blobs [][]byte
}

func drawAnswers(t *rapid.T, s *tables.Schema) *answers {
	a := &answers{}
	// Mostly values that fit, or no row would get past its first columns.
	small := rapid.IntRange(0, 9).Draw(t, "small") > 0
	for _, c := range s.Columns() {
		a.null = append(a.null, rapid.IntRange(0, 9).Draw(t, "null") == 0 && (c.Nullable || !small))
		limit := int64(floats.MaxInt64)
		if small {
			limit = 127
		}
		a.ints = append(a.ints, rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(0, limit), rapid.Int64Range(-limit, 0)).Draw(t, "int"))
		a.reals = append(a.reals, rapid.SampledFrom([]float64{0, 1.5, floats.MaxFloat32, floats.MaxFloat64, floats.Inf(1), floats.SmallestNonzeroFloat64}).Draw(t, "real"))
		a.texts = append(a.texts, rapid.SampledFrom([]string{"", "1", "[1,2]", "{}", `{"a":1}`, "null", "127.0.0.1", "00000000000000000007", "x", `"t"`, `["a"]`, `"2020-01-01T00:00:00Z"`}).Draw(t, "text"))
		a.blobs = append(a.blobs, bytes.Repeat([]byte{1, 0, 128, 63}, rapid.IntRange(0, 6).Draw(t, "blob")))
	}
	if rapid.IntRange(0, 9).Draw(t, "torn") == 0 {
		a.blobs[0] = []byte{1, 2, 3}
	}
	return a
}

func (a *answers) IsNull(i int) bool { return a.null[i] }
func (a *answers) Bool(i int) bool   { return !a.null[i] && a.ints[i]&1 == 1 }

func (a *answers) Int64(i int) int64 {
	if a.null[i] {
		return 0
	}
	return a.ints[i]
}

func (a *answers) Float64(i int) float64 {
	if a.null[i] {
		return 0
	}
	return a.reals[i]
}

func (a *answers) Text(i int) string {
	if a.null[i] {
		return ""
	}
	return a.texts[i]
}

func (a *answers) Blob(i int) []byte {
	if a.null[i] {
		return nil
	}
	return a.blobs[i]
}

func (a *answers) Time(i int) time.Time {
	if a.null[i] || a.ints[i] == 0 {
		return time.Time{}
	}
	return time.Unix(a.ints[i]%1e9, 0) // not in UTC
}
