package sqlite

import (
	"fmt"
	"path/filepath"
)

// The limits of names, of most file systems, and of paths, of the engine. Both are
// in bytes, and hold for the longest name beside the database.
const (
	maxName = 255
	maxPath = 1024
)

// longestSuffix is the longest of what SQLite appends to the name of a database,
// and newSuffix what galley appends before the file gets its name.
const (
	longestSuffix = "-journal"
	newSuffix     = ".new-"
	newDigits     = 12
)

// fitting returns ErrPathTooLong for a path whose files beside it would have too
// long a name, or that the engine would not open.
func fitting(path string, isNew bool) error {
	more := len(longestSuffix)
	if isNew {
		more += len(newSuffix) + newDigits
	}
	why := fmt.Sprintf("galley appends up to %d bytes; give it a shorter one", more)
	if n := len(filepath.Base(path)); n+more > maxName {
		return fmt.Errorf("%w: the file's name has %d bytes, and at most %d are allowed, since %s", ErrPathTooLong, n, maxName-more, why)
	}
	if n := len(path); n+more > maxPath-1 {
		return fmt.Errorf("%w: it has %d bytes, and at most %d are allowed, since %s", ErrPathTooLong, n, maxPath-1-more, why)
	}
	return nil
}
