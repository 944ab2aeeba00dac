package export

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// folders takes down which folders are synced.
type folders struct {
	system
	synced []string
}

func (f *folders) syncFolder(path string) error {
	f.synced = append(f.synced, path)
	return f.system.syncFolder(path)
}

// The names of the folders that are made are synced, from the outside in, and
// nothing else is.
func TestMakeDir(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("file", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path   string
		synced []string
		fails  bool
	}{
		{path: "a/b/c", synced: []string{".", "a", "a/b"}},
		{path: "a/b/c"},
		{path: "a/d", synced: []string{"a"}},
		{path: "."},
		{path: "file", fails: true},
		{path: "file/x", fails: true},
	} {
		var f folders
		if err := makeDir(filepath.FromSlash(c.path), &f); (err != nil) != c.fails {
			t.Errorf("%s: error is %v", c.path, err)
		}
		var synced []string
		for _, path := range f.synced {
			synced = append(synced, filepath.ToSlash(path))
		}
		if diff := cmp.Diff(c.synced, synced); diff != "" {
			t.Errorf("%s: synced (-want +got):\n%s", c.path, diff)
		}
		if info, err := os.Stat(c.path); !c.fails && (err != nil || !info.IsDir()) {
			t.Errorf("%s is no folder: %v", c.path, err)
		}
	}
	if err := MakeDir("x/y//"); err != nil {
		t.Error(err)
	}
}
