package formats

import "errors"

// ErrFormat is returned when a file is not of the format that it should have,
// was damaged, or holds what a table cannot.
var ErrFormat = errors.New("unusable file")
