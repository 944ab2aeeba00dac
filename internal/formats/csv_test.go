package formats

import (
	"errors"
	"testing"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/schema"
)

// A number where a time should be is more likely a date without dashes than
// microseconds.
func TestParseRefuses(t *testing.T) {
	for _, test := range []struct {
		column schema.Column
		text   string
	}{
		{schema.Column{Name: "t", Type: schema.Time}, "20200101"},
		{schema.Column{Name: "t", Type: schema.Time}, "2020-13-01"},
		{schema.Column{Name: "n", Type: schema.Int8}, "128"},
		{schema.Column{Name: "n", Type: schema.Int64}, "1.0"},
		{schema.Column{Name: "n", Type: schema.Uint64}, "18446744073709551615"},
		{schema.Column{Name: "n", Type: schema.Uint16}, "-1"},
		{schema.Column{Name: "f", Type: schema.Float64}, "NaN"},
		{schema.Column{Name: "f", Type: schema.Float32}, "1e60"},
		{schema.Column{Name: "f", Type: schema.Float64}, "1,5"},
		{schema.Column{Name: "b", Type: schema.Bool}, "yes"},
		{schema.Column{Name: "s", Type: schema.Text}, "\xff"},
		{schema.Column{Name: "s", Type: schema.Text}, "a\x00"},
		{schema.Column{Name: "j", Type: schema.JSON}, "{"},
		{schema.Column{Name: "x", Type: schema.Blob}, "***"},
		{schema.Column{Name: "v", Type: schema.Vector64, Dim: 2}, "[1]"},
		{schema.Column{Name: "v", Type: schema.Vector32}, "[1,,2]"},
		{schema.Column{Name: "d", Type: schema.Duration}, "long"},
	} {
		v := &cells.Cells{Form: cells.FormOf(&test.column)}
		var wrong *schema.ValueError
		if err := cells.Parse(&test.column, v, []byte(test.text)); !errors.As(err, &wrong) || wrong.Column != test.column.Name {
			t.Errorf("%s %q: %v, want a ValueError", test.column.Spec(), test.text, err)
		}
	}
}
