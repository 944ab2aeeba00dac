package main

import (
	"strings"
	"testing"
)

// Every verb that prints rows prints them in each form, by either flag.
func TestFormsOfEachVerb(t *testing.T) {
	path := scanDB(t)
	for _, verb := range [][]string{{"head", path, "scan"}, {"tail", path, "scan"}, {"sample", path, "scan"}, {"query", path, "SELECT * FROM scan"}, {"tables", path}, {"schema", path}, {"batches", path, "scan"}, {"rejects", path}, {"rejects", path, "scan"}, {"history", path}} {
		forms := []string{"markdown"} // one place prints all of them
		if verb[0] == "query" {
			forms = strings.Split("table markdown tsv csv json jsonl vertical", " ")
		}
		for _, form := range forms {
			short := ok(t, append(verb, "-o", form)...)
			if long := ok(t, append(verb, "--format", form)...); verb[0] != "sample" && long.out != short.out {
				t.Errorf("%q: -o %s differs from --format:\n%s\n%s", verb, form, short.out, long.out)
			}
			first, _, _ := strings.Cut(short.out, "\n")
			switch {
			case form == "markdown" && !strings.HasPrefix(first, "| "), form == "tsv" && !strings.Contains(first, "\t"), form == "csv" && !strings.Contains(first, ","),
				form == "json" && !strings.HasPrefix(first, "["), form == "jsonl" && !strings.HasPrefix(first, "{"), form == "vertical" && first != "row 1":
				t.Errorf("%q -o %s begins with %q", verb, form, first)
			}
		}
		for _, wrong := range [][]string{{"-f", "xml"}, {"-o", "csv", "--format", "json"}, {"-o", "csv", "--wide"}} {
			if r := galley(t, append(verb, wrong...)...); r.status != exitUsage || r.out != "" {
				t.Errorf("%q %q: %+v", verb, wrong, r)
			}
		}
	}
	// No flag is ignored.
	for _, args := range [][]string{{"schema", path, "--sql", "-o", "csv"}, {"schema", path, "--postgres", "--wide"}, {"batches", path, "scan", "--missing", path, "-o", "csv"}, {"rejects", path, "scan", "--retry", "-f", "csv"}, {"rejects", path, "scan", "--output", path + ".jsonl", "--wide"}} {
		if r := galley(t, args...); r.status != exitUsage {
			t.Errorf("%q: %+v", args, r)
		}
	}
}

// Values that mean something in a form do not break it.
func TestFormsEscape(t *testing.T) {
	path := scanDB(t)
	const sql = "SELECT 'a|b' || char(10) || '<c>' AS \"x|y\", 'tab' || char(9) || '\\' AS t, NULL AS n"
	for form, want := range map[string]string{
		"markdown": "| x\\|y | t | n |\n| --- | --- | --- |\n| a\\|b⏎&lt;c> | tab \\\\ |  |\n",
		"tsv":      "x|y\tt\tn\na|b\\n<c>\ttab\\t\\\\\t\n",
		"vertical": "row 1\n  x|y  a|b⏎<c>\n  t    tab \\\n  n    NULL\n",
	} {
		if got := ok(t, "query", path, sql, "-o", form).out; got != want {
			t.Errorf("%s:\n%q, want\n%q", form, got, want)
		}
	}
	for form, want := range map[string]string{"markdown": "| n |\n| --- |\n", "tsv": "n\n", "vertical": ""} {
		if got := ok(t, "query", path, "SELECT 1 AS n WHERE false", "-o", form).out; got != want {
			t.Errorf("no rows as %s: %q, want %q", form, got, want)
		}
	}
}
