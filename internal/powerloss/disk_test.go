package powerloss

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// TestDiskKeepsOnlySyncedNames: a synced file in a synced folder exists; other files are gone, as is the content of a file that was renamed without a sync.
func TestDiskKeepsOnlySyncedNames(t *testing.T) {
	d := New(t)
	write := func(name string, sync bool) {
		t.Helper()
		f, err := os.Create(filepath.Join(d.Dir(), name))
		if err == nil {
			_, err = f.WriteString("content")
		}
		if err == nil && sync {
			err = f.Sync()
		}
		if err == nil {
			err = f.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	content := func(dir, name string) string {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			return "none"
		}
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	write("synced", true)
	write("lost", false)
	d.Lose(func(dir string) {
		if got := content(dir, "synced"); got != "content" {
			t.Errorf("the file that was synced: %q", got)
		}
		if got := content(dir, "lost"); got == "content" {
			t.Errorf("the file that was not synced: %q", got)
		}
	})
	write("renaming", false)
	if err := os.Rename(filepath.Join(d.Dir(), "renaming"), filepath.Join(d.Dir(), "renamed")); err != nil {
		t.Fatal(err)
	}
	d.Lose(func(dir string) {
		if got := content(dir, "renamed"); got != "none" {
			t.Errorf("the name that was given without a sync of the folder: %q", got)
		}
	})
	f, err := os.Open(d.Dir())
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	d.Lose(func(dir string) {
		if got := content(dir, "renamed"); got != "" {
			t.Errorf("the file that was not synced before it got its name: %q", got)
		}
	})
	if d.Cuts() != 3 {
		t.Errorf("%d cuts", d.Cuts())
	}
}
