package fileid

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// folder returns a fresh folder as Resolve spells it.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func write(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(path), 0o600); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		if runtime.GOOS == "windows" {
			t.Skip("no right to make symbolic links:", err)
		}
		t.Fatal(err)
	}
}

func mkdir(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(path, 0o700); err != nil {
		t.Fatal(err)
	}
}

func TestResolveGivesOneSpelling(t *testing.T) {
	for _, exists := range []bool{true, false} {
		dir := folder(t)
		t.Chdir(dir)
		want := filepath.Join(dir, "data", "x.db")
		mkdir(t, "data/sub")
		mkdir(t, "other")
		if exists {
			write(t, want)
		}
		link(t, want, "absolute")
		link(t, "data/x.db", "relative")
		link(t, "data", "folder")
		link(t, "../data/x.db", "other/up")
		link(t, "other/up", "chain")
		spellings := []string{
			want, "data/x.db", "./data//x.db", "data/./x.db", "data/sub/../x.db",
			"absolute", "relative", "folder/x.db", "other/up", "chain", filepath.Join(dir, "chain"),
		}
		for _, path := range spellings {
			got, err := Resolve(path)
			if err != nil || got != want {
				t.Errorf("exists %v: Resolve(%q) = %q, %v; want %q", exists, path, got, err, want)
			}
		}
	}
}

// The parent of a link is the parent of what it points to, as the system has
// it, and not what is left of the path when the ".." is crossed out.
func TestResolveParentOfALink(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows crosses out")
	}
	dir := folder(t)
	t.Chdir(dir)
	mkdir(t, "far/away")
	link(t, "far/away", "near")
	for _, path := range []string{"near/../x.db", dir + "/near/../x.db"} {
		for _, exists := range []bool{false, true} {
			if exists {
				write(t, path)
			}
			got, err := Resolve(path)
			if want := filepath.Join(dir, "far", "x.db"); err != nil || got != want {
				t.Errorf("exists %v: Resolve(%q) = %q, %v; want %q", exists, path, got, err, want)
			}
		}
	}
}

func TestResolveRefusesWhatIsNoFile(t *testing.T) {
	t.Chdir(folder(t))
	write(t, "x.db")
	for path, way := range map[string]string{
		"":              "give the path",
		"a\x00b":        "NUL",
		":memory:":      "./:memory:",
		"file:x.db":     "./file:x.db",
		"file::memory:": "./file::memory:",
		"x.db/":         "folder",
	} {
		got, err := Resolve(path)
		perr, ok := errors.AsType[*PathError](err)
		if !ok || !errors.Is(err, ErrPath) || got != "" {
			t.Errorf("Resolve(%q) = %q, %v; want a PathError", path, got, err)
			continue
		}
		if diff := cmp.Diff(path, perr.Path); diff != "" || !strings.Contains(err.Error(), way) {
			t.Errorf("Resolve(%q): %q does not say %q, or names another path (-want +got):\n%s", path, err, way, diff)
		}
	}
	// What the messages suggest must work.
	if runtime.GOOS != "windows" {
		for _, path := range []string{"./:memory:", "./file:x.db"} {
			if got, err := Resolve(path); err != nil || filepath.Base(got) != path[2:] {
				t.Errorf("Resolve(%q) = %q, %v", path, got, err)
			}
		}
	}
}

func TestResolveErrors(t *testing.T) {
	dir := folder(t)
	t.Chdir(dir)
	link(t, "loop2", "loop1")
	link(t, "loop1", "loop2")
	link(t, "nowhere/x.db", "dangling")
	link(t, "nowhere/", "slash")
	link(t, "nowhere", "elsewhere")
	for path, want := range map[string]error{
		"nowhere/x.db":   fs.ErrNotExist,
		"dangling":       fs.ErrNotExist,
		"elsewhere/x.db": fs.ErrNotExist,
		"nowhere/..":     fs.ErrNotExist,
		"slash":          ErrPath,
		"loop1":          nil,
	} {
		got, err := Resolve(path)
		if err == nil || got != "" || want != nil && !errors.Is(err, want) || !strings.Contains(err.Error(), path) {
			t.Errorf("Resolve(%q) = %q, %v; want %v that names the path", path, got, err, want)
		}
	}
	// What the system refuses is the system's error.
	if _, err := Resolve("loop1"); errors.Is(err, ErrPath) {
		t.Errorf("Resolve of a loop = %v, want no ErrPath", err)
	}
}

// A chain of dangling links is followed as far as the system follows it.
func TestResolveLongChain(t *testing.T) {
	dir := folder(t)
	t.Chdir(dir)
	link(t, "x.db", "l00")
	name := "l00"
	for i := 1; i < 60; i++ {
		next := "l" + string(rune('0'+i/10)) + string(rune('0'+i%10))
		link(t, name, next)
		name = next
	}
	if got, err := Resolve("l38"); err != nil || got != filepath.Join(dir, "x.db") {
		t.Errorf("Resolve of 39 links = %q, %v", got, err)
	}
	if got, err := Resolve("l59"); !errors.Is(err, ErrPath) {
		t.Errorf("Resolve of 60 links = %q, %v; want ErrPath", got, err)
	}
}
