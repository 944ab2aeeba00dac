package cells

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCanonJSON are spellings of one value, each set beside one of another.
func TestCanonJSON(t *testing.T) {
	for _, same := range [][]string{
		{"100", "1e2", "1E+2", "100.0", "1000e-1", "0.1e3"},
		{"0", "-0", "0.00", "0e9", "-0.0e-3"},
		{"-1.5", "-1.50", "-15e-1"},
		{`{"a":[1.0,{"b":"x"}],"c":null}`, `{ "c": null, "a": [1, {"b": "x"}] }`},
		{"10", "1e1"}, {"1"}, {"-1"}, {`"1"`}, {"[1]"}, {"1e99999999999"}, {"true"}, {"null"}, {`[["1","0"]]`}, {`["1","0"]`},
	} {
		for _, text := range same {
			if diff := cmp.Diff(string(canonJSON([]byte(same[0]))), string(canonJSON([]byte(text)))); diff != "" {
				t.Errorf("%s and %s (-want +got):\n%s", same[0], text, diff)
			}
		}
	}
	seen := map[string]string{}
	for _, text := range []string{"0", "1", "10", "100", "-1", "1.5", "15", `"1"`, "[1]", "[]", "{}", "true", "null", `{"a":1}`, `{"a":10}`} {
		canon := string(canonJSON([]byte(text)))
		if before, twice := seen[canon]; twice {
			t.Errorf("%s and %s are both %s", before, text, canon)
		}
		seen[canon] = text
	}
}
