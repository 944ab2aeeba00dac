package export

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// MakeDir creates a folder for an export, and its missing parents. The name of
// each created folder is then durable: Write syncs only the names within the
// folder, and under Options.Clear the database is removed in reliance on them.
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
