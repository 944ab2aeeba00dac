package formats

import "errors"

// ErrFormat is returned when a file is not of the format that it should have,
// was damaged, or holds what a table cannot.
var ErrFormat = errors.New("unusable file")

// rowError is the error for a row that does not fit its file or the table. It is
// ErrFormat, and says what is wrong with the row: the file is usable.
type rowError string

func (e rowError) Error() string { return string(e) }

// Is reports whether the target is ErrFormat.
func (e rowError) Is(target error) bool { return target == ErrFormat }
