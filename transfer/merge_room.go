package transfer

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/galley-db/galley/internal/fileid"
	"github.com/galley-db/galley/store"
)

// room returns an error if a disk has no room for the sources, or for their
// copies.
func (m *merging) room(all []*source) error {
	total, largest, copies := int64(0), int64(0), int64(0)
	for _, s := range all {
		size := int64(0)
		for _, suffix := range []string{"", "-wal"} {
			if info, err := os.Stat(s.path + suffix); err == nil {
				size += info.Size()
			}
		}
		total, largest = total+size, max(largest, size)
		if s.live() {
			copies += size
		}
	}
	if m.file != nil && m.file.Path() != "" {
		// What a transaction writes is in the -wal before it is in the file.
		if err := free(filepath.Dir(m.file.Path()), total+largest); err != nil {
			return err
		}
	}
	return free(temporary(m.opts.TempDir), copies)
}

func temporary(folder string) string {
	if folder == "" {
		return os.TempDir()
	}
	return folder
}

func free(folder string, need int64) error {
	bytes, ok, err := fileid.Free(folder)
	if err == nil && ok && need > 0 && bytes < uint64(need) {
		err = fmt.Errorf("%w: %s has %d bytes free, and the merge needs %d; make room, or merge fewer files at once", store.ErrDiskFull, folder, bytes, need)
	}
	return err
}
