package export

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// MakeDir makes a folder for an export, and those that it is to be in, unless
// they are there. The name of each that it makes is durable then: what Write
// syncs are names in the folder, and under Options.Clear the database goes for
// them.
func MakeDir(path string) error { return makeDir(filepath.Clean(path), system{}) }

func makeDir(path string, d disk) error {
	err := os.Mkdir(path, 0o755)
	above := filepath.Dir(path)
	if errors.Is(err, fs.ErrNotExist) && above != path {
		if err := makeDir(above, d); err != nil {
			return err
		}
		err = os.Mkdir(path, 0o755)
	}
	if err == nil {
		return d.syncFolder(above)
	}
	if info, statErr := os.Stat(path); statErr == nil && info.IsDir() {
		return nil
	}
	return err
}
