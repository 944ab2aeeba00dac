package archtest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/go/packages"
)

// exportsOf checks the packages of some patterns, which are relative to dir.
func exportsOf(t *testing.T, dir string, patterns ...string) (found []Violation, n int) {
	t.Helper()
	dir, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedTypes | packages.NeedSyntax | packages.NeedImports, Dir: dir, Context: t.Context()}, patterns...)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range loaded {
		if len(p.Errors) > 0 {
			t.Fatal(p.Errors)
		}
		found = append(found, CheckExports(p.Types, p.Fset, dir)...)
	}
	return found, len(loaded)
}

// TestAPIHidesTheDriver holds that no type of the driver or the policy shows in the API of
// the public packages.
func TestAPIHidesTheDriver(t *testing.T) {
	if testing.Short() {
		t.Skip("loads packages")
	}
	found, n := exportsOf(t, root, "./schema/...", "./backoff/...", "./store/...", "./table", "./spool", "./export", "./load", "./transfer")
	for _, v := range found {
		t.Error(v)
	}
	if n < 11 {
		t.Errorf("looked at %d packages, want all public ones", n)
	}
}

func TestExportsOfFixture(t *testing.T) {
	if testing.Short() {
		t.Skip("loads packages")
	}
	dir := filepath.Join("testdata", "exports")
	found, _ := exportsOf(t, dir, "./backoff", "./store/sqlite")
	var got []string
	for _, v := range found {
		got = append(got, fmt.Sprintf("%s:%d: %s", v.File, v.Line, v.Rule))
	}
	slices.Sort(got)
	if diff := cmp.Diff(wanted(t, os.DirFS(dir)), slices.Compact(got)); diff != "" {
		t.Errorf("violations (-want +got):\n%s\n%v", diff, found)
	}
}
