package main

import (
	"bufio"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

//go:embed *.txt
var lists embed.FS

// guard is a piece of code that a promise needs, and the test that is to fail
// without it.
type guard struct {
	name    string
	changes []change
	pkg     string // of the test
	test    string // what -run is given
	env     string // NAME=value for the test, "" for none
	at      string // file and line of the list
}

// change is a piece of a file and what takes its place.
type change struct{ file, old, new string }

// guards reads all lists.
func guards() ([]guard, error) {
	names, err := fs.Glob(lists, "*.txt")
	if err != nil {
		return nil, err
	}
	var all []guard
	for _, name := range names {
		f, err := lists.Open(name)
		if err != nil {
			return nil, err
		}
		list, err := parse(name, f)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}

func parse(name string, r io.Reader) (list []guard, err error) {
	lines := bufio.NewScanner(r)
	var g *guard
	for n := 1; lines.Scan(); n++ {
		at := fmt.Sprintf("%s:%d", name, n)
		line := lines.Text()
		head, rest, _ := strings.Cut(line, " ")
		if head == "guard:" {
			list = append(list, guard{name: rest, at: at})
			g = &list[len(list)-1]
			continue
		}
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if g == nil {
			return nil, fmt.Errorf("%s: %q stands before the first guard", at, line)
		}
		last := len(g.changes) - 1
		if (head == "-" || head == "+") && last < 0 {
			return nil, fmt.Errorf("%s: a change without a file", at)
		}
		switch head {
		case "file:":
			g.changes = append(g.changes, change{file: rest})
		case "test:":
			g.pkg, g.test, _ = strings.Cut(rest, " ")
		case "env:":
			g.env = rest
		case "-":
			if g.changes[last].new != "" {
				return nil, fmt.Errorf("%s: name the file again for another place in it", at)
			}
			g.changes[last].old += rest + "\n"
		case "+":
			g.changes[last].new += rest + "\n"
		default:
			return nil, fmt.Errorf("%s: %q is neither guard:, file:, test:, env:, - nor +", at, head)
		}
	}
	for _, g := range list {
		if g.test == "" || len(g.changes) == 0 {
			return nil, fmt.Errorf("%s: guard %q has no test or no change", g.at, g.name)
		}
	}
	return list, lines.Err()
}

// without is the files of g with the guard taken out, by name.
func (g guard) without(root string) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, c := range g.changes {
		text, ok := files[c.file]
		if !ok {
			var err error
			if text, err = os.ReadFile(filepath.Join(root, c.file)); err != nil {
				return nil, fmt.Errorf("%s: %w", g.at, err)
			}
		}
		if n := strings.Count("\n"+string(text), "\n"+c.old); c.old == "" || n != 1 {
			return nil, fmt.Errorf("%s: guard %q: the text is there %d times in %s, want once", g.at, g.name, n, c.file)
		}
		files[c.file] = []byte(strings.Replace("\n"+string(text), "\n"+c.old, "\n"+c.new, 1)[1:])
	}
	return files, nil
}
