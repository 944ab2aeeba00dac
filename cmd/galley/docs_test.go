package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

var update = flag.Bool("update", false, "write docs/cli.md anew")

// docs/cli.md is made from the commands' help:
//
//	go test ./cmd/galley -run TestDocs -update
func TestDocs(t *testing.T) {
	const path = "../../docs/cli.md"
	want := cliDocs()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("docs/cli.md is stale; go test ./cmd/galley -run TestDocs -update (-want +got):\n%s", diff)
	}
}

func cliDocs() string {
	root := newRoot(&app{})
	var b strings.Builder
	b.WriteString("# The galley command\n\nMade from the commands' own help (`galley help VERB`).\n\n    go install ./cmd/galley\n\n")
	b.WriteString(root.Long + "\n\n`galley completion bash|zsh|fish|powershell` prints a completion script, and `galley man DIR` writes manual pages.\n\n| verb | |\n| --- | --- |\n")
	for _, verb := range root.Commands() {
		b.WriteString("| [" + verb.Name() + "](#" + verb.Name() + ") | " + verb.Short + " |\n")
	}
	for _, verb := range root.Commands() {
		b.WriteString(verbDocs(verb))
	}
	return b.String()
}

func verbDocs(verb *cobra.Command) string {
	var b strings.Builder
	long := verb.Long
	if long == "" {
		long = verb.Short + "."
	}
	b.WriteString("\n## " + verb.Name() + "\n\n" + indented(verb.UseLine()) + "\n" + strings.TrimSpace(long) + "\n")
	if verb.Example != "" {
		b.WriteString("\n" + indented(verb.Example))
	}
	if flags := verb.LocalNonPersistentFlags().FlagUsagesWrapped(100); strings.TrimSpace(flags) != "" {
		b.WriteString("\n" + indented(flags))
	}
	return b.String()
}

// indented is text as a code block, without the indent that its lines share.
func indented(text string) string {
	least := len(text)
	for line := range strings.Lines(text) {
		if rest := strings.TrimLeft(line, " "); strings.TrimSpace(rest) != "" {
			least = min(least, len(line)-len(rest))
		}
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString("    " + strings.TrimRight(line[min(least, len(line)-1):], " \n") + "\n")
	}
	return b.String()
}

func TestManAndCompletion(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "man")
	ok(t, "man", dir)
	for _, verb := range newRoot(&app{}).Commands() {
		text, err := os.ReadFile(filepath.Join(dir, "galley-"+verb.Name()+".1"))
		if err != nil || !bytes.Contains(text, []byte(verb.Short)) {
			t.Errorf("the manual page of %s: %v", verb.Name(), err)
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if r := ok(t, "completion", shell); !strings.Contains(r.out, "galley") {
			t.Errorf("completion of %s: %.100s", shell, r.out)
		}
	}
	if r := ok(t, "help"); !strings.Contains(r.out, "See what is in a file:") {
		t.Errorf("help:\n%s", r.out)
	}
	// Every verb says what it does, in one line and in its usage.
	for _, verb := range newRoot(&app{}).Commands() {
		if verb.Short == "" || strings.HasSuffix(verb.Short, ".") || !strings.HasPrefix(verb.Use, verb.Name()) {
			t.Errorf("%s: %q, %q", verb.Name(), verb.Use, verb.Short)
		}
	}
}

// The README's screen of the command is a part of docs/tour.md, which TestTour
// makes from real output.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	tour, err := os.ReadFile("../../docs/tour.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := consoles.FindAllString(string(readme), -1)
	if len(blocks) == 0 {
		t.Error("README.md shows no command")
	}
	for _, block := range blocks {
		for _, command := range strings.Split(strings.Trim(block, "`\n"), "\n\n") {
			if command = strings.TrimPrefix(command, "console\n"); !strings.Contains(string(tour), command+"\n") {
				t.Errorf("README.md shows what docs/tour.md does not:\n%s", command)
			}
		}
	}
}
