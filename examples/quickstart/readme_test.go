package main

import (
	"os"
	"strings"
	"testing"
)

// TestReadme: every line of the README's first piece of code stands in this
// program, which compiles and is run by its Example.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	_, block, ok := strings.Cut(string(readme), "```go\n")
	if !ok {
		t.Fatal("README.md has no Go code")
	}
	block, _, _ = strings.Cut(block, "```")
	lines := map[string]bool{}
	for _, line := range strings.Split(string(program), "\n") {
		lines[strings.TrimSpace(line)] = true
	}
	n := 0
	for _, line := range strings.Split(block, "\n") {
		code, _, _ := strings.Cut(line, " // ")
		if code = strings.TrimSpace(code); code == "" {
			continue
		}
		n++
		if !lines[code] {
			t.Errorf("README.md shows a line that is not in main.go: %s", code)
		}
	}
	if n < 10 {
		t.Errorf("README.md shows %d lines of code", n)
	}
}
