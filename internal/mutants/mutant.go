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

//go:embed testdata/*.txt
var lists embed.FS

// mutant is the source without a guard, a piece of code that a promise needs,
// and the test that must fail without it.
type mutant struct {
	name    string
	changes []change
	pkg     string // of the test
	test    string // what -run is given
	env     string // NAME=value for the test, "" for none
	at      string // file and line of the list
}

// change is a piece of a file and what takes its place.
type change struct{ file, old, new string }

// mutants reads all lists.
func mutants() ([]mutant, error) {
	names, err := fs.Glob(lists, "testdata/*.txt")
	if err != nil {
		return nil, err
	}
	var all []mutant
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

func parse(name string, r io.Reader) (list []mutant, err error) {
	lines := bufio.NewScanner(r)
	var m *mutant
	for n := 1; lines.Scan(); n++ {
		at := fmt.Sprintf("%s:%d", name, n)
		line := lines.Text()
		head, rest, _ := strings.Cut(line, " ")
		if head == "mutant:" {
			list = append(list, mutant{name: rest, at: at})
			m = &list[len(list)-1]
			continue
		}
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if m == nil {
			return nil, fmt.Errorf("%s: %q stands before the first mutant", at, line)
		}
		last := len(m.changes) - 1
		if (head == "-" || head == "+") && last < 0 {
			return nil, fmt.Errorf("%s: a change without a file", at)
		}
		switch head {
		case "file:":
			m.changes = append(m.changes, change{file: rest})
		case "test:":
			m.pkg, m.test, _ = strings.Cut(rest, " ")
		case "env:":
			m.env = rest
		case "-":
			if m.changes[last].new != "" {
				return nil, fmt.Errorf("%s: name the file again for another place in it", at)
			}
			m.changes[last].old += rest + "\n"
		case "+":
			m.changes[last].new += rest + "\n"
		default:
			return nil, fmt.Errorf("%s: %q is neither mutant:, file:, test:, env:, - nor +", at, head)
		}
	}
	for _, m := range list {
		if m.test == "" || len(m.changes) == 0 {
			return nil, fmt.Errorf("%s: mutant %q has no test or no change", m.at, m.name)
		}
	}
	return list, lines.Err()
}

// without returns the changed files of m, by name.
func (m mutant) without(root string) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, c := range m.changes {
		text, ok := files[c.file]
		if !ok {
			var err error
			if text, err = os.ReadFile(filepath.Join(root, c.file)); err != nil {
				return nil, fmt.Errorf("%s: %w", m.at, err)
			}
		}
		if n := strings.Count("\n"+string(text), "\n"+c.old); c.old == "" || n != 1 {
			return nil, fmt.Errorf("%s: mutant %q: the text is there %d times in %s, want once", m.at, m.name, n, c.file)
		}
		files[c.file] = []byte(strings.Replace("\n"+string(text), "\n"+c.old, "\n"+c.new, 1)[1:])
	}
	return files, nil
}
