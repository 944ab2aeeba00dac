package schema

import (
	"strings"
	"unicode/utf8"
)

// checkName says what is wrong with an identifier of any kind, "" for
// nothing. What quoting cannot make safe is refused here, once.
func checkName(name string) string {
	switch {
	case name == "":
		return "is empty"
	case !utf8.ValidString(name):
		return "is not valid UTF-8"
	case strings.IndexByte(name, 0) >= 0:
		return "has a NUL in it"
	}
	return ""
}

// checkTableName also refuses what SQLite and galley keep for themselves
// (https://sqlite.org/lang_createtable.html: names that begin with sqlite_
// are reserved for internal use).
func checkTableName(name string) error {
	reason := checkName(name)
	switch {
	case reason != "":
	case hasPrefixFold(name, "sqlite_"):
		reason = "begins with sqlite_, which is SQLite's own"
	case hasPrefixFold(name, "galley_"):
		reason = "begins with galley_, which is galley's own"
	default:
		return nil
	}
	return &NameError{Kind: "table", Name: name, Reason: reason}
}

// checkColumnName also refuses the names of the row's number: a column of
// that name would shadow it (https://sqlite.org/lang_createtable.html#rowid).
func checkColumnName(kind, name string) error {
	reason := checkName(name)
	switch {
	case reason != "":
	case strings.EqualFold(name, "rowid"), strings.EqualFold(name, "oid"), strings.EqualFold(name, "_rowid_"):
		reason = "would hide SQLite's number of the row; choose another"
	default:
		return nil
	}
	return &NameError{Kind: kind, Name: name, Reason: reason}
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// foldName is the name under which a column is found: SQLite compares names
// without the case of ASCII letters, and of those only.
func foldName(name string) string {
	for i := 0; i < len(name); i++ {
		if 'A' <= name[i] && name[i] <= 'Z' {
			b := []byte(name)
			for ; i < len(b); i++ {
				if 'A' <= b[i] && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return name
}
