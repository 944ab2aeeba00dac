//go:build !unix

package table_test

import "errors"

func (j labJob) append() error { return errors.ErrUnsupported }
func (j labJob) open() error   { return errors.ErrUnsupported }
