package testtime

import (
	"os"
	"testing"
)

func TestLong(t *testing.T) {
	for value, long := range map[string]bool{"": false, "1": true} {
		t.Setenv("GALLEY_LONG", value)
		if got := Long(); got != (long && !testing.Short()) {
			t.Errorf("GALLEY_LONG=%q: %v", value, got)
		}
		skipped := true
		t.Run("minutes", func(t *testing.T) {
			Minutes(t)
			skipped = false
		})
		if skipped == Long() {
			t.Errorf("GALLEY_LONG=%q: skipped is %v", value, skipped)
		}
	}
}

// runs is a package's tests, and run what they do.
type runs func()

func (r runs) Run() int {
	r()
	return 3
}

// TestTemporaryFiles are in memory under -short only, and never instead of a folder
// that the caller names.
func TestTemporaryFiles(t *testing.T) {
	for _, given := range []string{"", t.TempDir()} {
		t.Setenv("TMPDIR", given)
		want := os.TempDir()
		if memory := memoryFolder(); given == "" && testing.Short() && memory != "" {
			want = memory
		}
		var got string
		if status := (Tests{M: runs(func() { got = os.TempDir() })}).Run(); got != want || status != 3 {
			t.Errorf("TMPDIR=%q: status %d, files are in %s, want %s", given, status, got, want)
		}
	}
}
