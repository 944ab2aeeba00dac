package main

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/galley-db/galley/internal/testtime"
)

// TestImportMessages: what import says names file, line, column and value in the
// terms of files and tables, and what to do.
func TestImportMessages(t *testing.T) {
	for name, test := range map[string]struct {
		file, text string
		args       []string
		says       []string
		not        string
	}{
		"NULL":           {"a.csv", "id,size\n1,\n", nil, []string{"a.csv:2: column \"size\": value \"\": it is empty or NULL, and the column does not allow NULL"}, "tag"},
		"NULL of JSON":   {"a.jsonl", "{\"id\":1,\"size\":null}\n", nil, []string{"a.jsonl:1: column \"size\": it is empty or NULL"}, "tag"},
		"a constraint":   {"a.csv", "id,size\n1,1\n1,2\n", nil, []string{"a.csv:3: column \"id\": value 1: constraint failed"}, "row 1"},
		"the range":      {"a.csv", "id,size\n99999999999999999999,1\n", nil, []string{"a.csv:2: column \"id\": value \"99999999999999999999\"", "out of the range"}, "tag"},
		"equal lines":    {"a.csv", "id,size\n" + strings.Repeat("1,2,3\n", 30), nil, []string{"a.csv:2: 3 fields where the header has 2 (the same in 19 more lines, up to line 21)\n", "a.csv: and 10 more\n"}, "unusable"},
		"xz by its name": {"a.csv.xz", "\xfd7zXZ\x00\x00\x04", nil, []string{"a.csv.xz: unusable file: it is packed by xz; unpack it: xz -dc"}, "does not end"},
		"bzip2":          {"a.bz2", "BZh91AY", nil, []string{"it is packed by bzip2"}, "does not end"},
		"a workbook":     {"a.xlsx", "PK\x03\x04\x14\x00\x00\x00", nil, []string{"a zip archive, or a workbook", "CSV"}, "does not end"},
		"another name":   {"a.txt", "id,size\n1,1\n", nil, []string{"a.txt: its name does not end in .parquet, .csv"}, "panic"},
	} {
		t.Run(name, func(t *testing.T) {
			r := galley(t, append([]string{"import", checkedDB(t), "checked", file(t, test.file, test.text)}, test.args...)...)
			if r.status != exitFailed || strings.Contains(r.errors, test.not) {
				t.Errorf("%+v; it must fail without %q", r, test.not)
			}
			for _, text := range test.says {
				if !strings.Contains(r.errors, text) {
					t.Errorf("%s\nwant %q", r.errors, text)
				}
			}
		})
	}
}

// TestImportTooLarge: a value that is too large is refused with its size, the limit
// and the option; its bytes are not printed.
func TestImportTooLarge(t *testing.T) {
	testtime.Seconds(t)
	csv := file(t, "a.csv", "a\n"+strings.Repeat("x", 33<<20)+"\n")
	r := galley(t, "import", filepath.Join(t.TempDir(), "new.db"), "t", csv)
	want := csv + ":2: column \"a\": the value is too large: it has 34603008 bytes, and at most 33554432 are allowed (Options.MaxValue of the database)\n"
	if r.status != exitFailed || !strings.HasPrefix(r.errors, want) {
		t.Errorf("%.500s\nwant %s", r.errors, want)
	}
}

// TestTimesAreUTC: a time that a verb prints says that it is in UTC.
func TestTimesAreUTC(t *testing.T) {
	path, zone := scanDB(t), regexp.MustCompile(`:[0-9]{2}(\.[0-9]+)?Z`)
	for _, args := range [][]string{{"status", path}, {"batches", path, "scan"}, {"history", path, "scan"}, {"head", path, "scan"}} {
		if r := ok(t, args...); !zone.MatchString(r.out) {
			t.Errorf("galley %s says no zone:\n%s", args[0], r.out)
		}
	}
}
