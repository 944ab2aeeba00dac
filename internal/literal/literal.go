// Package literal reads numbers, times and truth values from text without
// losing anything of them. A text that a Go type cannot hold exactly is
// refused, and so is a text that is written like a code rather than a number,
// such as 007 or +7.
package literal

import (
	"errors"
	"strings"
	"unsafe"
)

var (
	// ErrSyntax is returned for a text that is not written like a value of the
	// type.
	ErrSyntax = errors.New("not written like a value of the type")
	// ErrRange is returned for a number or time outside the range of the type.
	ErrRange = errors.New("out of the range of the type")
	// ErrInexact is returned for a value that the type would round.
	ErrInexact = errors.New("the type cannot hold the value exactly")
	// ErrCode is returned for digits with a leading zero or plus, which a number
	// would not keep.
	ErrCode = errors.New("a leading zero or plus is written like a code, and a number would lose it")
)

// view returns b as text without a copy. It is valid as long as b does not
// change.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// Printable returns a text without NUL and with U+FFFD for what is not UTF-8,
// such as a file's name may have.
func Printable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}
