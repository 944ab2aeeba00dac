package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/galley-db/galley/internal/testtime"
)

// TestMain fails when a goroutine is left at the end.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestFilesOfOtherSystemsAreChecked checks a module whose files for some systems are wrong, in a test
// file, in a test of another package, and by a name that the system's library
// has not.
func TestFilesOfOtherSystemsAreChecked(t *testing.T) {
	testtime.Seconds(t)
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":              "module example.com/m\n\ngo 1.26\n",
		"m.go":                "package m\n\nimport \"os\"\n\nfunc F() string { return os.TempDir() }\n",
		"m_windows.go":        "package m\n\nimport \"syscall\"\n\nvar pid = syscall.Getppid() + syscall.Kill\n",
		"m_linux_arm64.go":    "package m\n\nvar n int = F()\n",
		"m_darwin_test.go":    "package m\n\nimport \"testing\"\n\nfunc TestF(t *testing.T) { t.Wrong() }\n",
		"out_darwin_test.go":  "package m_test\n\nimport (\n\t\"testing\"\n\n\t\"example.com/m\"\n)\n\nfunc TestG(t *testing.T) { m.G() }\n",
		"sub/sub.go":          "package sub\n\nimport \"example.com/m\"\n\nvar S = m.F()\n",
		"sub/wide_arm64.go":   "package sub\n\nconst wide = uintptr(1) << 40\n",
		"sub/shared_386.go":   "package sub\n\nvar broken int = \"\"\n",
		"sub/testdata/bad.go": "package bad\n\nvar broken int = \"\"\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	found, err := run(dir, targets, "./...")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range found { // without what the compiler says
		parts := strings.SplitN(f, ":", 5)
		if len(parts) < 5 {
			t.Errorf("%q does not say where", f)
			continue
		}
		got = append(got, parts[0]+parts[1]+" "+parts[2])
	}
	want := []string{
		"linux/arm64 m_linux_arm64.go 3",
		"darwin/amd64 m_darwin_test.go 5",
		"darwin/amd64 out_darwin_test.go 9",
		"darwin/arm64 m_darwin_test.go 5",
		"darwin/arm64 out_darwin_test.go 9",
		"windows/amd64 m_windows.go 5",
		"windows/arm64 m_windows.go 5",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("found (-want +got):\n%s\nall of it:\n%s", diff, strings.Join(found, "\n"))
	}
	if _, err := run(dir, targets, "./none/..."); err == nil {
		t.Error("no error where there is no package")
	}
}
