package testtime

import "testing"

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
