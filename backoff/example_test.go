package backoff_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/galley-db/galley/backoff"
)

var errLocked = errors.New("the file is locked")

func Example() {
	var retrier backoff.Exponential // the zero value: 0.5 ms to 5 ms, for a minute
	tries := 0
	err := retrier.Do(context.Background(), func(context.Context) error {
		if tries++; tries < 3 {
			return errLocked
		}
		return nil
	}, func(err error) bool { return errors.Is(err, errLocked) })
	fmt.Println(tries, err)
	// Output: 3 <nil>
}

func ExampleExhaustedError() {
	retrier := backoff.Exponential{
		MaxAttempts: 3,
		Notify: func(err error, attempt int, _ time.Duration) {
			fmt.Printf("attempt %d: %v\n", attempt, err)
		},
	}
	err := retrier.Do(context.Background(),
		func(context.Context) error { return errLocked },
		func(err error) bool { return errors.Is(err, errLocked) })
	if exhausted, ok := errors.AsType[*backoff.ExhaustedError](err); ok {
		fmt.Println("gave up after", exhausted.Attempts)
	}
	fmt.Println(errors.Is(err, errLocked))
	// Output:
	// attempt 1: the file is locked
	// attempt 2: the file is locked
	// gave up after 3
	// true
}
