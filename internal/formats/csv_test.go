package formats

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/schema"
)

func TestCSVScanner(t *testing.T) {
	type field struct {
		Text  string
		Empty bool
	}
	for _, test := range []struct {
		name, text string
		want       [][]field
		err        error
	}{
		{"plain", "a,b\n1,2\n", [][]field{{{"a", false}, {"b", false}}, {{"1", false}, {"2", false}}}, io.EOF},
		{"no last line end", "a", [][]field{{{"a", false}}}, io.EOF},
		{"empty and quoted empty", "a,b\n,\"\"\n", [][]field{{{"a", false}, {"b", false}}, {{"", true}, {"", false}}}, io.EOF},
		{"line ends in quotes stay as they are", "\"a\r\nb\nc\r\",\"d\"\"\"\r\n", [][]field{{{"a\r\nb\nc\r", false}, {`d"`, false}}}, io.EOF},
		{"empty lines", "a,b\n\n\r\n1,2\n", [][]field{{{"a", false}, {"b", false}}, {{"1", false}, {"2", false}}}, io.EOF},
		{"of one column they count", "a\n\nb\n", [][]field{{{"a", false}}, {{"", true}}, {{"b", false}}}, io.EOF},
		{"a comma at the end of quotes", "\"a\",\n", [][]field{{{"a", false}, {"", true}}}, io.EOF},
		{"a quote inside", "a\"b,c\n", [][]field{{{"a\"b", false}, {"c", false}}}, io.EOF},
		{"open quote", "\"a\n", nil, errQuote},
		{"text behind a quote", "\"a\"b\n", nil, errQuote},
		{"longer than the buffer", strings.Repeat("x", 3<<20) + "\n", [][]field{{{strings.Repeat("x", 3<<20), false}}}, io.EOF},
	} {
		s := NewCSVScanner(strings.NewReader(test.text), ',')
		var got [][]field
		var err error
		for {
			if err = s.Next(); err != nil {
				break
			}
			var record []field
			for i, f := range s.Fields() {
				record = append(record, field{string(f), s.Empty(i)})
			}
			got = append(got, record)
		}
		if !errors.Is(err, test.err) {
			t.Errorf("%s: %v, want %v", test.name, err, test.err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%.1000s", test.name, diff)
		}
	}
}

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
