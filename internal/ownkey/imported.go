package ownkey

import (
	"fmt"
	"regexp"
)

var (
	imported = regexp.MustCompile(`@[0-9]+-[0-9a-f]{16}(#[0-9a-f]{16}-[0-9]{6,})?$`)
	part     = regexp.MustCompile(`#[0-9a-f]{16}-[0-9]{6,}$`)
)

// sumDigits is how many digits of a file's checksum are in the keys of its import.
const sumDigits = 16

// Imported is the key of an imported file: its name, its size in bytes and the
// checksum of its content, in hexadecimal digits.
func Imported(name string, size int64, sum string) string {
	return fmt.Sprintf("%s@%d-%s", name, size, sum[:sumDigits])
}

// ImportedPart is the key of a part of the file that is imported under a key. The
// part ends with a row of the file, counted from 1 among those that can be read.
func ImportedPart(key, sum string, end int64) string {
	return fmt.Sprintf("%s#%s-%06d", key, sum[:sumDigits], end)
}

// ImportedName returns the name of the file that a key is of, which Imported made, or
// ImportedPart from such a key.
func ImportedName(key string) (name string, ok bool) {
	at := imported.FindStringIndex(key)
	if at == nil {
		return "", false
	}
	return key[:at[0]], true
}

// WholeOf returns the key of the file that a key that ImportedPart made is a part of.
func WholeOf(key string) (whole string, ok bool) {
	at := part.FindStringIndex(key)
	if at == nil {
		return "", false
	}
	return key[:at[0]], true
}

// Asked is what a list of the work calls a stored batch: the name of a file that is
// imported, which the list has without size and checksum, or else the key. A part of
// a file is not the file.
func Asked(key string) string {
	if _, part := WholeOf(key); part {
		return key
	}
	if name, ok := ImportedName(key); ok {
		return name
	}
	return key
}
