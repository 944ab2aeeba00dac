package gen

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/galley-db/galley/internal/testtime"
)

var directive = regexp.MustCompile(`(?m)^//go:generate go tool galley gen (?:-o (\S+) )?-type "?([^"\n]+?)"?$`)

// Generated files of this module are what would be generated now.
func TestGeneratedFilesAreFresh(t *testing.T) {
	testtime.Minutes(t)
	for _, path := range []string{"corpus/doc.go", "../../../../examples/generated/region.go"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		found := directive.FindStringSubmatch(string(text))
		if found == nil {
			t.Fatalf("%s has no directive", path)
		}
		b := Binders{Dir: filepath.Dir(path), Types: found[2]}
		if found[1] != "" {
			b.Output = filepath.Join(b.Dir, found[1])
		}
		file, err := b.Generate(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		diff, err := file.Stale()
		if err != nil || diff != "" {
			t.Errorf("%s: go generate it: %v\n%s", path, err, diff)
		}
	}
}
