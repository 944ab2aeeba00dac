// Package testtime skips tests by how long they take. "go test -short" runs what
// takes moments, "go test" what takes seconds, and with GALLEY_LONG=1, as .ci/run
// sets it, everything. No list of names says what runs where. [Tests] keeps
// the files in memory, except those of everything.
package testtime

import (
	"os"
	"testing"
)

// Long reports whether the tests that take minutes run.
func Long() bool { return os.Getenv("GALLEY_LONG") != "" && !testing.Short() }

// Seconds skips a test of a second or more under -short.
func Seconds(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("it takes seconds; run without -short")
	}
}

// Minutes skips a test of three seconds or more unless GALLEY_LONG is set: together
// they take longer than anybody waits for "go test".
func Minutes(t testing.TB) {
	t.Helper()
	if !Long() {
		t.Skip("it takes long; run with GALLEY_LONG=1, without -short")
	}
}
