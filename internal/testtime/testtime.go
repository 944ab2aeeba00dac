// Package testtime skips tests by how long they take. "go test -short" runs what
// takes moments, "go test" what takes seconds, and with GALLEY_LONG=1, as .ci/run
// sets it, everything. No list of names says what runs where.
//
// Tests that import this package check a property with 30 cases where it would be
// 100, unless GALLEY_LONG is set or -rapid.checks says otherwise.
package testtime

import (
	"flag"
	"os"
	"testing"

	_ "pgregory.net/rapid" // whose flags must be there before init changes one
)

func init() {
	if os.Getenv("GALLEY_LONG") == "" {
		_ = flag.Set("rapid.checks", "30") // a flag that is missing changes nothing
	}
}

// Long reports whether the tests that take minutes run.
func Long() bool { return os.Getenv("GALLEY_LONG") != "" && !testing.Short() }

// Seconds skips a test of a second or more under -short.
func Seconds(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("it takes seconds; run without -short")
	}
}

// Minutes skips a test of many seconds unless GALLEY_LONG is set.
func Minutes(t testing.TB) {
	t.Helper()
	if !Long() {
		t.Skip("it takes long; run with GALLEY_LONG=1, without -short")
	}
}

// Count returns how many cases a test runs: all, or a fifth where the tests that
// take long are left out.
func Count(all int) int {
	if Long() {
		return all
	}
	return max(all/5, 1)
}
