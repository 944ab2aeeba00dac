package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/store"
)

// TestRetryable: an error is retryable if another writer holds the lock, and
// never if the batch may be stored or the caller has given up.
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
		{store.ErrConstraint, false},
		{store.ErrCommitUnknown, false},
		{fmt.Errorf("%w: %w", store.ErrCommitUnknown, sqlite3.BUSY), false},
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

// TestErrorsKeepTheirCause: an error of the engine or the system is one of the package's
// errors, with its cause.
func TestErrorsKeepTheirCause(t *testing.T) {
	for _, c := range []struct{ err, want error }{
		{sqlite3.FULL, store.ErrDiskFull},
		{syscall.ENOSPC, store.ErrDiskFull},
		{sqlite3.READONLY, store.ErrReadOnly},
		{sqlite3.READONLY_DIRECTORY, store.ErrReadOnly},
		{fs.ErrPermission, store.ErrReadOnly},
		{sqlite3.NOTADB, store.ErrNotGalley},
		{sqlite3.CORRUPT, store.ErrNotGalley},
		{sqlite3.IOERR_SHORT_READ, store.ErrNotGalley},
		{sqlite3.IOERR_DATA, store.ErrNotGalley},
		{sqlite3.CONSTRAINT_UNIQUE, store.ErrConstraint},
		{sqlite3.TOOBIG, store.ErrTooLarge},
	} {
		got := explain("a.db", fmt.Errorf("as the engine says: %w", c.err))
		if !errors.Is(got, c.want) || !errors.Is(got, c.err) || !strings.Contains(got.Error(), "a.db") {
			t.Errorf("%v: error is %v, want %v with the path and the cause", c.err, got, c.want)
		}
	}
	for _, err := range []error{context.Canceled, context.DeadlineExceeded} {
		if got := explain("a.db", fmt.Errorf("%w: %w", err, sqlite3.INTERRUPT)); !errors.Is(got, err) || errors.As(got, new(*pathError)) {
			t.Errorf("%v: error is %v, want the context's", err, got)
		}
	}
}
