//go:build !unix

package load

import (
	"context"
	"io"
	"os"
)

// openOnce opens what can be read once.
func openOnce(_ context.Context, path string) (io.ReadCloser, error) { return os.Open(path) }
