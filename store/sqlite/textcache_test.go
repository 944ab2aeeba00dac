package sqlite

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestTextCache: whatever came before, a text comes out as it went in, also
// when the bytes that it was made of change afterwards.
func TestTextCache(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var c textCache
		c.misses = rapid.SampledFrom([]int{0, trial - 2}).Draw(t, "misses")
		texts := rapid.SliceOf(rapid.OneOf(rapid.String(), rapid.StringMatching(`[ab]{0,2}`),
			rapid.Just(strings.Repeat("x", longText+1)))).Draw(t, "texts")
		var got []string
		buf := make([]byte, 0, 1000)
		for _, text := range texts {
			buf = append(buf[:0], text...)
			got = append(got, c.keep(buf))
		}
		for i := range texts {
			if got[i] != texts[i] {
				t.Fatalf("text %d is %q, want %q", i, got[i], texts[i])
			}
		}
	})
}

// TestTextCacheSaves: texts that repeat are not allocated again, and a column
// of texts that do not repeat is left alone.
func TestTextCacheSaves(t *testing.T) {
	var c textCache
	var names [][]byte
	for i := range 68 {
		names = append(names, fmt.Appendf(nil, "ctx-lh-region-%02d", i))
	}
	round := func() {
		for _, n := range names {
			c.keep(n)
		}
	}
	for range 40 {
		round()
	}
	if n := testing.AllocsPerRun(10, round); n > 40 {
		t.Errorf("%v allocations for 68 names that repeat", n)
	}
	var unique textCache
	for i := range 10 * trial {
		unique.keep(fmt.Appendf(nil, "row %d", i))
	}
	if unique.misses != trial {
		t.Errorf("the cache of texts that do not repeat was tried %d times, want %d", unique.misses, trial)
	}
}
