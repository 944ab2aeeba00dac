package store

import (
	"context"
	"errors"
	"fmt"
	"testing"

	sqlite3 "github.com/ncruces/go-sqlite3"
)

// TestRetryable: an error is retryable where somebody else holds the lock, and
// never where the batch may be stored, or the caller has given up.
func TestRetryable(t *testing.T) {
	db := openTest(t, tempPath(t), Options{})
	for _, c := range []struct {
		err  error
		want bool
	}{
		{sqlite3.BUSY, true},
		{fmt.Errorf("with a path: %w", sqlite3.BUSY), true},
		{sqlite3.BUSY_SNAPSHOT, true},
		{sqlite3.LOCKED, true},
		{nil, false},
		{sqlite3.FULL, false},
		{sqlite3.IOERR, false},
		{ErrFileReplaced, false},
		{ErrConstraint, false},
		{ErrCommitUnknown, false},
		{fmt.Errorf("%w: %w", ErrCommitUnknown, sqlite3.BUSY), false},
		{context.Canceled, false},
		{context.DeadlineExceeded, false},
		{errors.Join(context.Canceled, sqlite3.BUSY), false},
		{errors.Join(context.DeadlineExceeded, sqlite3.BUSY), false},
		{errors.New("database is locked"), false},
	} {
		if got := db.Retryable(c.err); got != c.want {
			t.Errorf("%v: %v, want %v", c.err, got, c.want)
		}
	}
}
