// Package backoff tries an operation again while somebody else holds the lock
// it needs.
//
// # Promise
//
// A [Retrier] runs an operation until it succeeds, fails for good, or a limit
// is reached. No error is lost on the way: what the operation returned last is
// in the chain of whatever Do returns. An error that is not retryable comes
// back as it is, the same value.
//
// # Basics
//
//	var r backoff.Exponential // 0.5 ms growing to 5 ms, for 60 s at most
//	err := r.Do(ctx, write, isBusy)
//
// The waits of [Exponential] are short and random on purpose. Waits that start
// at half a second, as is usual for network calls, starve writers of a
// database file: whoever has just finished asks again long before anybody
// else wakes.
//
// # Contexts
//
// A context that has ended counts more than any other result: an operation
// interrupted by its context often reports something else ("busy"), so the
// context is asked first. Do never starts the operation under a context that
// has ended.
//
// # Caveats
//
// An operation that may have taken effect although it failed must not be
// called retryable, unless it can be repeated safely. Hold no lock while
// calling Do: it sleeps.
//
// Time comes from the time package, so tests of code that retries can run in
// a bubble of [testing/synctest] and never sleep.
package backoff
