package archtest

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// TestLeaksAreLookedFor: each package with tests has a TestMain that fails when
// a goroutine is left at the end. The benchmarks' module is not looked at.
func TestLeaksAreLookedFor(t *testing.T) {
	root := os.DirFS(filepath.Join("..", ".."))
	looks := map[string]bool{}
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (name == "bench" || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(name, "_test.go") {
			return nil
		}
		text, err := fs.ReadFile(root, name)
		folder := path.Dir(name)
		looks[folder] = looks[folder] || strings.Contains(string(text), "goleak.VerifyTestMain(")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for folder, found := range looks {
		if !found {
			t.Errorf("%s has tests, and no TestMain that calls goleak.VerifyTestMain", folder)
		}
	}
	if len(looks) < 20 {
		t.Errorf("looked at %d packages, want all of the module", len(looks))
	}
}
