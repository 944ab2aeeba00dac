package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

func main() {
	pattern := flag.String("run", "", "only the mutants whose list and name match this `regexp`")
	verbose := flag.Bool("v", false, "show what the tests say that fail as they should")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *pattern, *verbose); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, pattern string, verbose bool) error {
	wanted, err := regexp.Compile(pattern)
	if err != nil {
		return err
	}
	list, err := mutants()
	if err != nil {
		return err
	}
	out, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return err
	}
	root := filepath.Dir(strings.TrimSpace(string(out)))
	seen, unseen := 0, 0
	for _, m := range list {
		if !wanted.MatchString(m.at + " " + m.name) {
			continue
		}
		start := time.Now()
		verdict, output, err := m.take(ctx, root)
		if err != nil {
			return err
		}
		fmt.Printf("%-8s %4.0f s  %s (%s)\n", verdict, time.Since(start).Seconds(), m.name, m.test)
		if verdict == missed || verdict == hung {
			seen++
			if verbose {
				fmt.Println(tail(output, 2000))
			}
			continue
		}
		unseen++
		fmt.Println(tail(output, 2000))
	}
	fmt.Printf("%d mutants: the tests of %d fail\n", seen+unseen, seen)
	if unseen > 0 {
		return fmt.Errorf("the tests do not notice %d mutants", unseen)
	}
	return nil
}

// What becomes of a test without its guard.
const (
	missed = "missed"  // it fails, as it should
	hung   = "hung"    // it does not end, which it did with the guard
	unseen = "UNSEEN"  // it passes
	broken = "BROKEN"  // it cannot be run
	limit  = "60s"     // a test that hangs fails
	noTest = "no test" // what go test says where -run matches nothing
)

// take runs the test of m on the changed sources.
func (m mutant) take(ctx context.Context, root string) (verdict string, output []byte, err error) {
	files, err := m.without(root)
	if err != nil {
		return "", nil, err
	}
	dir, err := os.MkdirTemp("", "galley-mutants-")
	if err != nil {
		return "", nil, err
	}
	defer os.RemoveAll(dir)
	replace := map[string]string{}
	for name, text := range files {
		path := filepath.Join(dir, fmt.Sprint(len(replace))+".go")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return "", nil, err
		}
		replace[filepath.Join(root, name)] = path
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", nil, err
	}
	path := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(path, overlay, 0o600); err != nil {
		return "", nil, err
	}
	module, pkg := root, m.pkg
	if _, err := os.Stat(filepath.Join(root, m.pkg, "go.mod")); err == nil { // a module of its own
		module, pkg = filepath.Join(root, m.pkg), "."
	}
	args := []string{"test", "-vet=off", "-count=1", "-timeout=" + limit, "-overlay=" + path, "-run=" + m.test, pkg}
	if usesRapid(filepath.Join(root, m.pkg)) {
		args = append(args, "-rapid.nofailfile") // of a failure that is meant
	}
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = module
	cmd.Env = append(os.Environ(), "GALLEY_LONG=1") // a test that skips sees nothing
	if m.env != "" {
		cmd.Env = append(cmd.Env, m.env)
	}
	output, err = cmd.CombinedOutput()
	switch {
	case ctx.Err() != nil:
		return "", nil, ctx.Err()
	case bytes.Contains(output, []byte("[build failed]")), bytes.Contains(output, []byte("[setup failed]")), bytes.Contains(output, []byte(noTest)):
		return broken, output, nil
	case err == nil:
		return unseen, output, nil
	case bytes.Contains(output, []byte("panic: test timed out")):
		return hung, output, nil
	}
	return missed, output, nil
}

// usesRapid reports whether the tests in a folder accept rapid's flags.
func usesRapid(dir string) bool {
	files, _ := filepath.Glob(filepath.Join(dir, "*_test.go"))
	return slices.ContainsFunc(files, func(file string) bool {
		text, err := os.ReadFile(file)
		return err == nil && bytes.Contains(text, []byte(`"pgregory.net/rapid"`))
	})
}

// tail is the last n bytes of a text.
func tail(b []byte, n int) string {
	if len(b) > n {
		b = b[len(b)-n:]
	}
	return string(b)
}
