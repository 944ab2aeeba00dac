//go:build unix

package load

import (
	"context"
	"io"
	"os"
	"syscall"
	"time"
)

// openOnce opens a pipe or a device. It returns when the context is done,
// although no process writes to the pipe.
func openOnce(ctx context.Context, path string) (io.ReadCloser, error) {
	type opened struct {
		file *os.File
		err  error
	}
	done := make(chan opened, 1)
	go func() {
		f, err := os.Open(path)
		done <- opened{f, err}
	}()
	select {
	case o := <-done:
		if o.err != nil {
			return nil, o.err
		}
		stop := context.AfterFunc(ctx, func() { _ = o.file.SetReadDeadline(time.Unix(1, 0)) })
		return &interruptible{o.file, ctx, stop}, nil
	case <-ctx.Done():
	}
	// A writer that is not there keeps the call of open waiting.
	if w, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
		_ = w.Close()
	}
	go func() {
		if o := <-done; o.file != nil {
			_ = o.file.Close()
		}
	}()
	return nil, ctx.Err()
}

// interruptible is a file whose reads end when the context is done.
type interruptible struct {
	*os.File
	ctx  context.Context
	stop func() bool
}

func (i *interruptible) Read(p []byte) (int, error) {
	n, err := i.File.Read(p)
	if err != nil && i.ctx.Err() != nil {
		err = i.ctx.Err()
	}
	return n, err
}

func (i *interruptible) Close() error {
	i.stop()
	return i.File.Close()
}
