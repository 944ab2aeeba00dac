// Package backoff retries an operation while another process holds the lock
// that it needs.
//
// # Promise
//
// A [Retrier] runs an operation until the operation succeeds or fails with an
// error that is not retryable, or until a limit is reached. No error is lost:
// the chain of the error that Do returns contains the operation's last error.
// An error that is not retryable is returned unchanged, as the same value.
//
// # Basics
//
//	var r backoff.Exponential // 0.5 ms growing to 5 ms, for 60 s at most
//	err := r.Do(ctx, write, isBusy)
//
// The waits of [Exponential] are short and random on purpose. Waits that start
// at half a second, as is usual for network calls, starve the writers of a
// database file: a writer that has just finished tries again long before the
// others wake.
//
// # Contexts
//
// An ended context takes precedence over any other result. An operation that was
// interrupted by its context often returns another error ("busy"), so Do checks
// the context first. Do never starts the operation after the context has ended.
//
// # Caveats
//
// If a failed operation may have taken effect, its error must not be retryable
// unless the operation is idempotent. Hold no lock while calling Do, because Do sleeps
// between attempts.
//
// Time comes from package time, so tests of code that retries can run in a
// bubble of [testing/synctest] and take no real time.
package backoff
