package table_test

import "golang.org/x/sys/unix"

func mountTmpfs(dir, options string) error { return unix.Mount("galley-lab", dir, "tmpfs", 0, options) }
func unmountTmpfs(dir string)              { unix.Unmount(dir, unix.MNT_DETACH) }
