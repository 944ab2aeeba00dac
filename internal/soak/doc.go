// Command soak holds galley under load and faults for as long as wanted:
//
//	go run ./internal/soak -for 10m
//
// Rounds follow each other, each with a database of its own. In a round,
// goroutines of this process and of several others append batches under keys,
// of which they share some, read, and make checkpoints. Meanwhile processes
// are killed, stopped and started again, and the disk fills and empties. At
// the end of a round every key that was acknowledged must be there once, with
// all of its rows, and nothing else may be in part; the file must be whole.
//
// The report says what load was held, which faults were survived, the longest
// wait, what was lost and doubled, peak memory, and the open descriptors and
// goroutines at the start and at the end. The exit status is 1 if anything was
// lost, doubled, torn or damaged, or if an error came that should not.
//
// The disk is filled only as root on Linux, on a tmpfs of its own.
package main
