package postgres_test

import (
	"syscall"
	"time"
)

// pause sleeps in the kernel: time.Sleep rounds half a millisecond up to a
// whole one and more, which would double the round trip.
func pause(d time.Duration) {
	left := syscall.NsecToTimespec(int64(max(d, 0)))
	for syscall.Nanosleep(&left, &left) == syscall.EINTR {
	}
}
