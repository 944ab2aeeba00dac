package live

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// The share that is done is never rounded up to all.
func TestPercentIsNotAllBeforeAllIsDone(t *testing.T) {
	p := &Progress{Total: 20_000, Done: 19_999, Missing: 1}
	if got := p.Percent(); got != 99.9 {
		t.Errorf("%v %% with one missing, want 99.9", got)
	}
	if got := (Group{Total: 3000, Done: 2999}).Percent(); got != 99.9 {
		t.Errorf("%v %% of a group with one missing, want 99.9", got)
	}
	for _, whole := range []*Progress{{Total: 7, Done: 7}, {}} {
		if got := whole.Percent(); got != 100 {
			t.Errorf("%+v: %v %%, want 100", whole, got)
		}
	}
	if got := (&Progress{Total: 1000, Done: 290}).Percent(); got != 29 {
		t.Errorf("290 of 1,000: %v %%", got)
	}
}

// An end that is more than a century away is not known, rather than in the past.
func TestFarEndIsNotKnown(t *testing.T) {
	now := time.Date(2026, 1, 10, 0, 0, 0, 0, time.UTC)
	times := []time.Time{now.Add(-96 * time.Hour), now.Add(-95 * time.Hour)}
	for missing, known := range map[int]bool{10: true, 100_000: false, 1 << 30: false} {
		at := end(times, missing, now)
		if (at != nil) != known || at != nil && !at.After(now) {
			t.Errorf("%d missing: %v", missing, at)
		}
	}
}

// A pattern that matches nothing of a key, or only the empty text, gives no group.
func TestKeysOfNoGroup(t *testing.T) {
	for _, pattern := range []string{"x*", "^(sub-[0-9]+)?", "nowhere", "$"} {
		if got := GroupBy(regexp.MustCompile(pattern))("other"); got != noGroup {
			t.Errorf("%s: %q, want %q", pattern, got, noGroup)
		}
	}
}

// The look of a server has no sizes and processes, and its metrics do not say 0.
func TestMetricsOfAServer(t *testing.T) {
	db, _ := stored(t, "b1")
	l, err := Remote(db, "a server").Look(t.Context(), &Look{})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	writeMetrics(&b, l)
	for _, name := range []string{"galley_database_bytes", "galley_wal_bytes", "galley_wal_held_bytes", "galley_processes", "galley_free_bytes"} {
		if strings.Contains(b.String(), name) {
			t.Errorf("%s of a server:\n%s", name, b.String())
		}
	}
	if !strings.Contains(b.String(), "galley_up 1\n") || !strings.Contains(b.String(), "} 2\n") {
		t.Errorf("the other figures are not there:\n%s", b.String())
	}
}
