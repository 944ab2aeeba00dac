// Command mutants runs mutation tests: it takes one guard after the other out of
// the code and runs the test that must fail without it. A test that passes all
// the same proves nothing, and is reported.
//
//	go run ./internal/mutants            all of them, which takes an hour
//	go run ./internal/mutants -run sync  those with sync in their name or list
//	go run ./internal/mutants -v         and show the output of the tests
//
// The lists are the .txt files in testdata. A mutant is the name of the guard
// that it lacks, one or more changes, and a test:
//
//	mutant: a commit that fails is not tried again
//	file: store/sqlite/explain.go
//	- 	if errors.Is(err, ErrCommitUnknown) {
//	- 		return false
//	- 	}
//	test: ./store/sqlite TestAmbiguousCommit
//
// Lines with "- " must occur in the file once, and those with "+ " behind them
// take their place. An optional line "env: NAME=value" sets a variable for the
// test. The sources stay as they are: the compiler reads the changed file from
// an overlay. The folder of a test may be a module of its own.
package main
