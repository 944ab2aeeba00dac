package testtime

import (
	"flag"
	"os"
)

// Tests are a package's tests, for its TestMain: a *testing.M, or what wraps it.
type Tests struct{ M interface{ Run() int } }

// Run runs the tests. Unless those of minutes run, too, the temporary files are in
// memory where the system has a folder for that: a commit there does not wait for a
// disk, and what a disk may lose is shown by simulation (internal/powerloss), not by
// these files. The caller's TMPDIR is kept.
func (t Tests) Run() int {
	const variable = "TMPDIR"
	if !flag.Parsed() {
		flag.Parse() // for Long
	}
	if os.Getenv(variable) == "" && !Long() {
		if dir := memoryFolder(); dir != "" {
			_ = os.Setenv(variable, dir) // It cannot fail: the name is valid.
		}
	}
	return t.M.Run()
}
