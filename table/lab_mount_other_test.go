//go:build unix && !linux

package table_test

import "errors"

func mountTmpfs(string, string) error { return errors.ErrUnsupported }
func unmountTmpfs(string)             {}
