// Command crosscheck checks the types of all packages of the module, tests
// included, for the systems that it runs on. It reads the sources of all that
// is imported and compiles nothing: building SQLite's translated engine for one
// system takes longer than this for all of them. "make cross" does that.
//
//	go run ./internal/crosscheck
package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// targets are the systems, as GOOS/GOARCH.
var targets = []string{"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64", "windows/arm64"}

func main() {
	found, err := run(".", targets, "./...")
	for _, f := range found {
		fmt.Println(f)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	if err != nil || len(found) > 0 {
		os.Exit(1)
	}
}

// run checks packages of the module in dir for each target, and returns what it
// has found wrong.
func run(dir string, targets []string, pattern string) (found []string, err error) {
	c := newCheck(dir)
	for _, target := range targets {
		goos, goarch, _ := strings.Cut(target, "/")
		wrong, n, err := c.target(goos, goarch, pattern)
		if err == nil && n == 0 {
			err = errors.New("there is no package to check")
		}
		if err != nil {
			return found, fmt.Errorf("%s: %w", target, err)
		}
		fmt.Printf("   %s: %d packages\n", target, n)
		for _, w := range wrong {
			found = append(found, target+": "+w)
		}
	}
	return found, nil
}
