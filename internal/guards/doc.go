// Command guards takes a guard out of the code, one after the other, and runs
// the test that is to fail without it. A test that passes all the same proves
// nothing, and is reported.
//
//	go run ./internal/guards            all of them, which takes an hour
//	go run ./internal/guards -run sync  those with sync in their name or list
//	go run ./internal/guards -v         and shows what the tests say
//
// The guards stand in the .txt files beside this one. A guard is a name, one or
// more changes, and a test:
//
//	guard: a commit that fails is not tried again
//	file: store/sqlite_error.go
//	- 	if errors.Is(err, ErrCommitUnknown) {
//	- 		return false
//	- 	}
//	test: ./store TestAmbiguousCommit
//
// Lines with "- " are found in the file once, and those with "+ " behind them
// take their place. The sources stay as they are: the compiler is given the
// changed file in an overlay.
package main
