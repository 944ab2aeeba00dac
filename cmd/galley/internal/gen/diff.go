package gen

import (
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
)

// Stale compares the generated text with the file on disk. It returns "" when
// they are equal, otherwise the difference in the form of diff -u. A missing
// file counts as empty.
func (f File) Stale() (string, error) {
	have, err := os.ReadFile(f.Path)
	if err != nil && !os.IsNotExist(err) {
		return "", err
	}
	if err == nil && string(have) == string(f.Text) {
		return "", nil
	}
	text := string(diff.Diff(shown(f.Path), have, shown(f.Path)+" (generated)", f.Text))
	_, text, _ = strings.Cut(text, "\n") // the line "diff OLD NEW"
	return text, nil
}
