package main

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// mount puts a small file system on dir.
func mount(dir string, size int64) error {
	if os.Getuid() != 0 {
		return fmt.Errorf("mounting a small file system takes root")
	}
	return unix.Mount("galley-soak", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size))
}

func unmount(dir string) { unix.Unmount(dir, unix.MNT_DETACH) }
