//go:build !windows

package folderlock

import "os"

// Release gives the lock up and removes its file. It does nothing on nil.
func (l *Lock) Release() {
	if l == nil {
		return
	}
	if same(l.file, l.file.Name()) {
		_ = os.Remove(l.file.Name()) // while it is locked: no other process has taken it over
	}
	_ = l.file.Close()
}
