package folderlock

import "os"

// Release gives the lock up and removes its file, unless another process has it
// open. It does nothing on nil.
func (l *Lock) Release() {
	if l == nil {
		return
	}
	_ = l.file.Close()
	_ = os.Remove(l.file.Name())
}
