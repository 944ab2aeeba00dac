package formats

import "sync"

// together runs n parts of a work at once, the last of them on the caller's goroutine,
// and returns when all have ended. If one panics, together panics with the same value.
func together(n int, part func(i int)) {
	var all sync.WaitGroup
	panicked := make([]any, n)
	for i := range n {
		run := func() {
			defer func() { panicked[i] = recover() }()
			part(i)
		}
		if i == n-1 {
			run()
		} else {
			all.Go(run)
		}
	}
	all.Wait()
	for _, p := range panicked {
		if p != nil {
			panic(p)
		}
	}
}
