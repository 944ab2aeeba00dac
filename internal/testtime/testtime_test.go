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

// TestTemporaryFiles are on disk if everything runs, and in the folder that the caller
// names.
func TestTemporaryFiles(t *testing.T) {
	disk := t.TempDir()
	for _, test := range []struct{ given, long string }{{"", ""}, {"", "1"}, {disk, ""}, {disk, "1"}} {
		given := test.given
		t.Setenv("TMPDIR", given)
		t.Setenv("GALLEY_LONG", test.long)
		want := os.TempDir()
		if memory := memoryFolder(); given == "" && !Long() && memory != "" {
			want = memory
		}
		var got string
		if status := (Tests{M: runs(func() { got = os.TempDir() })}).Run(); got != want || status != 3 {
			t.Errorf("%q: status %d, files are in %s, want %s", test, status, got, want)
		}
	}
}
