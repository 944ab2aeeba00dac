package report

import (
	"testing"

	"github.com/galley-db/galley/bench/peer"
)

// TestPalette: no two peers share a color.
func TestPalette(t *testing.T) {
	if n := len(peer.All()); n > len(palette) {
		t.Errorf("%d peers and %d colours", n, len(palette))
	}
	seen := map[any]bool{}
	for _, c := range palette {
		if seen[c] {
			t.Errorf("%v is there twice", c)
		}
		seen[c] = true
	}
}
