package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// unfinished says of a context that ended with --wait what was not finished, and
// who has the file open. Other errors stay as they are. outer is the verb's own
// context.
func unfinished(outer context.Context, err error, what string, wait time.Duration, path string) error {
	if !errors.Is(err, context.DeadlineExceeded) || outer.Err() != nil {
		return err
	}
	return fmt.Errorf("the %s did not finish within %v (--wait): %w%s", what, wait, err, held(path))
}
