//go:build unix

package fileid

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"testing"
)

func TestErrno(t *testing.T) {
	for _, c := range []struct {
		name string
		is   func(error) bool
		yes  []error
	}{
		{"IsFull", IsFull, []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG}},
		{"IsReadOnly", IsReadOnly, []error{syscall.EROFS}},
		{"IsNameTooLong", IsNameTooLong, []error{syscall.ENAMETOOLONG}},
	} {
		for _, errno := range c.yes {
			if err := fmt.Errorf("write: %w", &fs.PathError{Op: "write", Path: "x.db", Err: errno}); !c.is(err) {
				t.Errorf("%s(%v) = false", c.name, err)
			}
		}
		for _, err := range []error{nil, errors.New("full"), syscall.EIO} {
			if c.is(err) {
				t.Errorf("%s(%v) = true", c.name, err)
			}
		}
	}
}
