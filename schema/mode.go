package schema

import "strconv"

// Mode says what an INSERT does with a row whose key already exists.
type Mode uint8

// The modes of an INSERT. The zero value is Append.
const (
	Append Mode = iota // an error
	Upsert             // the row there gets the new values of all columns outside the key
	Ignore             // the new row is left out; so is one that breaks a unique group
)

// String returns the name of the mode in lower case, "Mode(n)" for an invalid
// mode.
func (m Mode) String() string {
	switch m {
	case Append:
		return "append"
	case Upsert:
		return "upsert"
	case Ignore:
		return "ignore"
	}
	return "Mode(" + strconv.Itoa(int(m)) + ")"
}
