package fileid

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// ErrPath is returned when a path cannot name a database file. The error is a
// *[PathError], which says why.
var ErrPath = errors.New("not the path of a file")

// PathError is an [ErrPath] with the path and the way out.
type PathError struct {
	Path   string
	Reason string // what is wrong, and what to write instead
}

func (e *PathError) Error() string { return fmt.Sprintf("path %q: %s", e.Path, e.Reason) }

// Unwrap returns [ErrPath].
func (e *PathError) Unwrap() error { return ErrPath }

// maxLinks is how many dangling links Resolve follows, as many as Linux does
// (path_resolution(7)).
const maxLinks = 40

// Resolve returns path as it is spelled without symbolic links: absolute and
// clean. The file need not exist, but its folder must; a link to a file that
// does not exist resolves to that file. Resolve changes nothing on disk.
//
// It returns a *[PathError] for a path that SQLite would take for something
// else than the name of a file, and otherwise the error of the system, which
// matches [fs.ErrNotExist] where the folder does not exist.
func Resolve(path string) (string, error) {
	if err := check(path); err != nil {
		return "", err
	}
	resolved, err := resolve(path)
	if err != nil {
		return "", fmt.Errorf("resolve %q: %w", path, err)
	}
	return resolved, nil
}

func resolve(path string) (string, error) {
	path, err := absolute(path)
	if err != nil {
		return "", err
	}
	for range maxLinks {
		resolved, err := filepath.EvalSymlinks(path)
		if err == nil {
			return resolved, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		// Either the last element does not exist, or it is a link to
		// something that does not.
		folder, name := filepath.Split(path)
		if folder, err = filepath.EvalSymlinks(folder); err != nil {
			return "", err
		}
		path = filepath.Join(folder, name)
		info, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) {
			return path, nil
		}
		if err != nil {
			return "", err
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			continue // another process has just created it
		}
		target, err := os.Readlink(path)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(target) {
			target = folder + string(filepath.Separator) + target
		}
		if os.IsPathSeparator(target[len(target)-1]) {
			return "", &PathError{path, "is a link to " + target + ", a folder that does not exist; point it at a file"}
		}
		path = target
	}
	return "", &PathError{path, "goes through too many symbolic links; give the path of the file itself"}
}

func check(path string) error {
	switch {
	case path == "":
		return &PathError{path, "is empty; give the path of a file"}
	case strings.IndexByte(path, 0) >= 0:
		return &PathError{path, "contains a NUL byte, which would cut it short; remove it"}
	case path == ":memory:":
		return &PathError{path, "is not a file; ask for an in-memory database by its option, or write ./:memory: for a file of that name"}
	case strings.HasPrefix(path, "file:"):
		return &PathError{path, "looks like a URI, which is not supported; give a plain path, or write ./" + path + " for a file of that name"}
	case os.IsPathSeparator(path[len(path)-1]):
		return &PathError{path, "ends like a folder; give the path of a file"}
	}
	return nil
}

// absolute joins path to the working folder. Unlike filepath.Abs it leaves
// ".." alone: "link/.." is the parent of what the link points to, and not the
// folder of the link. Windows itself takes ".." as filepath.Abs does.
func absolute(path string) (string, error) {
	if runtime.GOOS == "windows" {
		return filepath.Abs(path)
	}
	if filepath.IsAbs(path) {
		return path, nil
	}
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	return folder + string(filepath.Separator) + path, nil
}
