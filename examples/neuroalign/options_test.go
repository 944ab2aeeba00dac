package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestUsageErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		args []string
		want string
	}{
		{[]string{"-j", "0"}, "-j 0: want 1 to 1024"},
		{[]string{"-j", "1025"}, "-j 1025: want 1 to 1024"},
		{[]string{"-j", "many"}, `invalid value "many" for flag -j`},
		{[]string{"-replicate", "-1"}, "-replicate -1: want 0 or more"},
		{[]string{"-out", ""}, "-out is empty"},
		{[]string{"-require", "aseg.stats,,wmparc.stats"}, "an empty name in the list"},
		{[]string{"-require", "aseg.stats", "-replicate", "2"}, "-require is about the files of real sessions"},
		{[]string{"-nonsense"}, "flag provided but not defined: -nonsense"},
		{[]string{"study"}, `unexpected argument "study"`},
		{[]string{"-subjects", file + "-not"}, "-subjects: stat "},
		{[]string{"-subjects", file}, "is not a folder"},
		{[]string{"-subjects", ""}, "-subjects: stat "},
	}
	for _, test := range tests {
		r := try(t.Context(), test.args...)
		if r.status != exitUsage || !strings.Contains(r.stderr, test.want) || !strings.Contains(r.stderr, "usage: ") {
			t.Errorf("%q: status %d: %s; want %d, %q and the usage", test.args, r.status, r.stderr, exitUsage, test.want)
		}
		if r.stdout != "" {
			t.Errorf("%q: output %q, want none", test.args, r.stdout)
		}
	}
}

func TestHelpNamesEveryFlag(t *testing.T) {
	r := try(t.Context(), "-h")
	if r.status != exitDone || r.stderr != "" {
		t.Errorf("status %d: %s; want %d and no error", r.status, r.stderr, exitDone)
	}
	for _, flag := range []string{"-subjects DIR", "-out DIR", "-db URL", "-j N", "-replicate N", "-force", "-require LIST"} {
		if !strings.Contains(r.stdout, "  "+flag) {
			t.Errorf("the usage does not tell of %s:\n%s", flag, r.stdout)
		}
	}
}

// The output cannot be made, or is something else.
func TestBadOutput(t *testing.T) {
	file := filepath.Join(t.TempDir(), "features.db")
	if err := os.WriteFile(file, []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"-out", file},
		{"-out", filepath.Dir(file)},
		{"-out", filepath.Dir(file), "-force"},
	} {
		r := try(t.Context(), args...)
		if r.status != exitFailed || !strings.Contains(r.stderr, file) {
			t.Errorf("%q: status %d: %s; want %d and the file's name", args, r.status, r.stderr, exitFailed)
		}
	}
	if text, err := os.ReadFile(file); err != nil || !strings.HasPrefix(string(text), "no database ") {
		t.Errorf("the file that was no database: %.20q, %v; want it as it was", text, err)
	}
}
