package archtest

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// TestLeaksAreLookedFor: each package with tests has a TestMain that fails when
// a goroutine is left at the end. The benchmarks' module is not looked at.
func TestLeaksAreLookedFor(t *testing.T) {
	unwatched, packages, err := checkLeaks(os.DirFS(filepath.Join("..", "..")))
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range unwatched {
		t.Errorf("%s has tests, and no TestMain that calls goleak.VerifyTestMain", folder)
	}
	if packages < 20 {
		t.Errorf("looked at %d packages, want all of the module", packages)
	}
}

// checkLeaks returns the folders whose tests do not look for goroutines that
// are left, and how many folders have tests.
func checkLeaks(root fs.FS) (unwatched []string, packages int, err error) {
	looks := map[string]bool{}
	err = fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
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
		looks[folder] = looks[folder] || callsVerify(string(text))
		return err
	})
	for folder, found := range looks {
		if !found {
			unwatched = append(unwatched, folder)
		}
	}
	slices.Sort(unwatched)
	return unwatched, len(looks), err
}

// callsVerify reports whether a file of tests has a TestMain that looks for
// goroutines, and not a comment that says so.
func callsVerify(text string) bool {
	return slices.ContainsFunc(strings.Split(text, "\n"), func(line string) bool {
		code, _, _ := strings.Cut(line, "//")
		return strings.Contains(code, "goleak.VerifyTestMain(")
	})
}

// TestCheckLeaks: packages that look, that do not, and that only say so.
func TestCheckLeaks(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte("package x\n\n" + text + "\n")} }
	looks := "func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }"
	unwatched, packages, err := checkLeaks(fstest.MapFS{
		"looks/leak_test.go":           file(looks),
		"looks/other_test.go":          file("func TestX(t *testing.T) {}"),
		"looks/below/x_test.go":        file("func TestX(t *testing.T) {}"),
		"says/x_test.go":               file("// " + looks),
		"code/x.go":                    file(looks),
		"bench/x_test.go":              file(""),
		"looks/testdata/one/x_test.go": file(""),
	})
	if diff := cmp.Diff([]string{"looks/below", "says"}, unwatched); diff != "" || packages != 3 || err != nil {
		t.Errorf("%d packages, %v; without a look (-want +got):\n%s", packages, err, diff)
	}
}
