package gen

import (
	"context"
	"errors"
	"flag"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/testtime"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden holds text against a file.
func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", path, diff)
	}
}

// TestGeneratedCodeEqualsGoldenFiles holds what is generated for the packages in testdata/golden
// against the files beside them; run it with -update after a change that is
// meant.
func TestGeneratedCodeEqualsGoldenFiles(t *testing.T) {
	testtime.Minutes(t)
	for folder, types := range map[string]string{
		"region":   "Region",
		"generic":  "Pair[int], Hosts",
		"embedded": "Scan",
		"names":    "ßmall",
	} {
		t.Run(folder, func(t *testing.T) {
			dir := filepath.Join("testdata", "golden", folder)
			file, err := Binders{Dir: dir, Types: types}.Generate(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if got := filepath.Base(file.Path); !strings.HasSuffix(got, "_galley.go") {
				t.Errorf("the file is %s", got)
			}
			golden(t, filepath.Join(dir, "binder.golden"), file.Text)

			again, err := Binders{Dir: dir, Types: types}.Generate(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(file, again); diff != "" {
				t.Errorf("generated twice (-first +second):\n%s", diff)
			}
		})
	}
}

// TestRefusalsEqualGoldenFiles holds what is said of structs that cannot be generated for
// against golden files: each problem has a place, but for names of types that
// are not there or there twice, which stand in the command alone.
func TestRefusalsEqualGoldenFiles(t *testing.T) {
	testtime.Minutes(t)
	for folder, lists := range map[string][]string{
		"tags":    {"Row", "NotStruct", "Empty", "Missing", "Row,Missing,NotStruct"},
		"names":   {"Row", "Row,Row", "Galley_x"},
		"generic": {"Pair", "Pair[string]", "Pair[int,int]", "Other[int]", "Pair[Missing]"},
		"invalid": {"Row"},
		"foreign": {"Row", "Nearer", "Fine"},
	} {
		t.Run(folder, func(t *testing.T) {
			dir := filepath.Join("testdata", "bad", folder)
			var said strings.Builder
			for _, types := range lists {
				file, err := Binders{Dir: dir, Types: types}.Generate(context.Background())
				said.WriteString("== " + types + "\n")
				if err == nil {
					said.WriteString("fine\n")
					continue
				}
				if file.Text != nil {
					t.Errorf("%s: an error, and %d bytes of text", types, len(file.Text))
				}
				bad, ok := errors.AsType[*SourceError](err)
				if !ok || len(bad.Problems) == 0 {
					t.Fatalf("%s: error is %v, want a *SourceError", types, err)
				}
				for _, p := range bad.Problems {
					if p.Pos.Line == 0 && !strings.Contains(p.Message, "has no type") && !strings.Contains(p.Message, "twice") {
						t.Errorf("%s: no place", p)
					}
				}
				said.WriteString(filepath.ToSlash(err.Error()) + "\n")
			}
			golden(t, filepath.Join(dir, "said.golden"), []byte(said.String()))
		})
	}
}

func TestNotATypeName(t *testing.T) {
	for _, types := range []string{"", "*Row", "[]Row", "Row,", "struct{}", "a.Row", "Row\n", "Row/*x*/", "1", "Pair[int"} {
		_, err := Binders{Dir: "testdata/bad/tags", Types: types}.Generate(context.Background())
		if err == nil || !strings.Contains(err.Error(), "is not the name of a type") {
			t.Errorf("%q: error is %v", types, err)
		}
	}
}

// What is wrong with the command has the place of the go:generate line that it
// stands in.
func TestMistakesNameTheGenerateLine(t *testing.T) {
	testtime.Seconds(t)
	for types, want := range map[string]string{
		"Missing": "row.go:7: the package in testdata/bad/tags has no type Missing",
		"Row,Row": "row.go:7: Row is requested twice",
		"*Row":    `row.go:7: "*Row" is not the name of a type; write -type Region, or -type 'Pair[int]'`,
	} {
		b := Binders{Dir: "testdata/bad/tags", Types: types, Directive: token.Position{Filename: "row.go", Line: 7}}
		_, err := b.Generate(context.Background())
		if err == nil || !strings.Contains("\n"+filepath.ToSlash(err.Error())+"\n", "\n"+want+"\n") {
			t.Errorf("%s: error is %v, want %s", types, err, want)
		}
		if _, err := b.Tables(context.Background()); err == nil || types != "Row,Row" && !strings.Contains(filepath.ToSlash(err.Error()), want) {
			t.Errorf("%s: error of Tables is %v, want %s", types, err, want)
		}
	}
}
