package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/testtime"
)

// TestTour runs the commands of docs/tour.md in their order, in a folder with
// the files of testdata/tour, and compares what they print:
//
//	go test ./cmd/galley -run TestTour -update
//
// writes the output into the page. Each verb must be shown.
func TestTour(t *testing.T) {
	testtime.Seconds(t)
	if runtime.GOOS != "linux" {
		t.Skip("the output has Linux paths and file systems")
	}
	path, err := filepath.Abs("../../docs/tour.md")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(dir, os.DirFS("testdata/tour")); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	shown := map[string]bool{}
	now := consoles.ReplaceAllFunc(page, func(block []byte) []byte {
		var b strings.Builder
		b.WriteString("```console\n")
		for line := range strings.Lines(string(block)) {
			command, ok := strings.CutPrefix(line, "$ ")
			if !ok {
				continue
			}
			args := shellWords(strings.TrimSpace(command))
			if len(args) > 1 && args[0] == "galley" {
				shown[args[1]] = true
			}
			if b.Len() > len("```console\n") {
				b.WriteString("\n")
			}
			b.WriteString(line + steady(tourOutput(t, args), dir))
		}
		return []byte(b.String() + "```\n")
	})
	if *update {
		if err := os.WriteFile(path, now, 0o644); err != nil {
			t.Error(err)
		}
	} else if diff := cmp.Diff(string(page), string(now)); diff != "" {
		t.Errorf("docs/tour.md is stale; go test ./cmd/galley -run TestTour -update (-page +now):\n%s", diff)
	}
	for _, verb := range newRoot(&app{}).Commands() {
		if !shown[verb.Name()] {
			t.Errorf("docs/tour.md does not show %s: add a line \"$ galley %s …\" to a console block", verb.Name(), verb.Name())
		}
	}
}

var consoles = regexp.MustCompile("(?ms)^```console\n.*?^```\n")

// tourOutput is what a command prints on both streams.
func tourOutput(t *testing.T, args []string) string {
	t.Helper()
	switch {
	case len(args) == 2 && args[0] == "cat":
		text, err := os.ReadFile(args[1])
		if err != nil {
			t.Error(err)
		}
		return string(text)
	case len(args) > 1 && args[0] == "galley":
		var out bytes.Buffer
		status := run(t.Context(), args[1:], strings.NewReader(""), &out, &out)
		if status == exitUsage {
			t.Errorf("galley %s: %s", strings.Join(args[1:], " "), &out)
		}
		return out.String()
	}
	t.Errorf("the page has a command other than galley and cat: %q", args)
	return ""
}

// shellWords splits a command line at spaces, except within quotes.
func shellWords(line string) (words []string) {
	for _, m := range regexp.MustCompile(`"([^"]*)"|'([^']*)'|(\S+)`).FindAllStringSubmatch(line, -1) {
		words = append(words, m[1]+m[2]+m[3])
	}
	return words
}

// steady replaces what differs from run to run by one example of it.
func steady(text, dir string) string {
	text = strings.ReplaceAll(text, dir, "/home/me")
	for _, r := range []struct{ pattern, with string }{
		{`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`, "2026-11-26 10:52:06"},
		{`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[-+]\d\d:\d\d)`, "2026-11-26T10:52:06Z"},
		{`\b[0-9a-f]{32}\b`, "f4ec8d213c21b618e6535255117c356a"},
		{`(?m)(file system: ).*`, "${1}ext4"},
		{`write lock .*`, "write lock held 0 %, 0s at the longest"},
	} {
		text = regexp.MustCompile(r.pattern).ReplaceAllString(text, r.with)
	}
	lines := slices.Collect(strings.Lines(text))
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \n") + "\n"
	}
	return strings.Join(lines, "")
}
