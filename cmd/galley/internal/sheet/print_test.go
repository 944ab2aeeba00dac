package sheet

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// printed prints rows in a form.
func printed(t *testing.T, style Style, names []string, rows ...[]any) string {
	t.Helper()
	list := List(names, func(_ context.Context, row func([]any) error) error {
		for _, r := range rows {
			if err := row(r); err != nil {
				return err
			}
		}
		return nil
	})
	var b strings.Builder
	if err := list.Print(t.Context(), &b, style); err != nil {
		t.Fatalf("%s: %v", style.Form, err)
	}
	return b.String()
}

// A time that JSON's usual layout has no room for is printed in each form, not left
// out.
func TestFarTimesArePrinted(t *testing.T) {
	far, before := time.Date(12000, 1, 2, 3, 4, 5, 0, time.UTC), time.Date(-44, 3, 15, 0, 0, 0, 0, time.UTC)
	for _, form := range Forms {
		got := printed(t, Style{Form: form}, []string{"at", "was"}, []any{far, before})
		for _, want := range []string{"12000-01-02T03:04:05Z", "-0044-03-15T00:00:00Z"} {
			if !strings.Contains(got, want) {
				t.Errorf("%s lacks %s: %q", form, want, got)
			}
		}
	}
}

// A column of JSON is printed as it is stored: null and texts, too, and the two are
// distinct from SQL's NULL and from each other.
func TestJSONColumnsArePrintedAsTheyAre(t *testing.T) {
	rows := [][]any{{json.RawMessage(`null`), int64(1)}, {json.RawMessage(`"null"`), int64(2)}, {nil, int64(3)}}
	for form, want := range map[Form]string{
		AsCSV: "j,n\nnull,1\n\"\"\"null\"\"\",2\n,3\n",
		AsTSV: "j\tn\nnull\t1\n\"null\"\t2\n\t3\n",
	} {
		if diff := cmp.Diff(want, printed(t, Style{Form: form}, []string{"j", "n"}, rows...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", form, diff)
		}
	}
}

// CSV that is imported again has NULL where NULL was, and an empty text where one was.
func TestCSVKeepsNullAndEmptyApart(t *testing.T) {
	got := printed(t, Style{Form: AsCSV}, []string{"a", "", "c,d"}, []any{"", nil, []byte{}}, []any{nil, "x \"y\"\n", " "})
	if want := "a,\"\",\"c,d\"\n\"\",,\"\"\n,\"x \"\"y\"\"\n\",\" \"\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// CSV of one column has a line for each row that no reader skips.
func TestOneColumnOfCSVKeepsItsRows(t *testing.T) {
	got := printed(t, Style{Form: AsCSV}, []string{"a"}, []any{"x"}, []any{nil}, []any{""})
	if lines, err := csv.NewReader(strings.NewReader(got)).ReadAll(); err != nil || len(lines) != 4 {
		t.Errorf("%d lines of %q, %v; want the head and 3 rows", len(lines), got, err)
	}
}

// Vertical rows and --wide have whole values; names are aligned by their width on a screen.
func TestWholeValues(t *testing.T) {
	row := []any{[]float32{1, 2, 3, 4, 5, 6}, []byte("0123456789abcdefghij"), strings.Repeat("x", 2*maxWidth)}
	for _, style := range []Style{{Form: AsVertical}, {Form: AsTable, Width: Whole}} {
		got := printed(t, style, []string{"v", "b", "t"}, row)
		for _, want := range []string{"[1,2,3,4,5,6]", "x'303132333435363738396162636465666768696a'", row[2].(string)} {
			if !strings.Contains(got, want) {
				t.Errorf("%+v lacks %s:\n%s", style, want, got)
			}
		}
	}
	want := "row 1\n  日本  1\n  ab    2\n  é\u0301     NULL\n"
	if diff := cmp.Diff(want, printed(t, Style{Form: AsVertical}, []string{"日本", "ab", "é\u0301"}, []any{int64(1), int64(2), nil})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
