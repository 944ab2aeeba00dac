//go:build unix

package fileid

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"testing"
)

func TestIsFull(t *testing.T) {
	for _, errno := range []error{syscall.ENOSPC, syscall.EDQUOT} {
		if err := fmt.Errorf("write: %w", &fs.PathError{Op: "write", Path: "x.db", Err: errno}); !IsFull(err) {
			t.Errorf("IsFull(%v) = false", err)
		}
	}
	for _, err := range []error{nil, errors.New("full"), syscall.EIO} {
		if IsFull(err) {
			t.Errorf("IsFull(%v) = true", err)
		}
	}
}
