package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestComplete(t *testing.T) {
	path := scanDB(t)
	for _, test := range []struct {
		args []string
		want string // the proposals, and the directive
	}{
		{[]string{"head", ""}, ":0\n"}, // files
		{[]string{"head", path, ""}, "scan\n:4\n"},
		{[]string{"head", path, "scan", ""}, ":0\n"},
		{[]string{"export", path, ""}, "scan\n:4\n"},
		{[]string{"export", path, "scan", ""}, ":4\n"}, // each once
		{[]string{"import", path, ""}, "scan\n:4\n"},
		{[]string{"import", path, "scan", ""}, ":0\n"},
		{[]string{"head", path + "-not", ""}, ":4\n"},
		{[]string{"query", path, ""}, ":0\n"},
		{[]string{"head", path, "scan", "--format", ""}, "table\nmarkdown\ntsv\ncsv\njson\njsonl\nvertical\n:4\n"},
		{[]string{"export", path, "--format", ""}, "parquet\ncsv\njsonl\n:4\n"},
		{[]string{"import", path, "--format", ""}, "parquet\ncsv\njsonl\n:4\n"},
	} {
		r := ok(t, append([]string{"__completeNoDesc"}, test.args...)...)
		if diff := cmp.Diff(test.want, r.out); diff != "" {
			t.Errorf("galley %s (-want +got):\n%s", strings.Join(test.args, " "), diff)
		}
	}
}
