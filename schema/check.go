package schema

import (
	"strconv"
	"strings"
)

// check says what is wrong with a column by itself: a *NameError or a
// *ColumnError.
func (c *Column) check() error {
	if err := checkColumnName("column", c.Name); err != nil {
		return err
	}
	if c.Was != "" {
		if err := checkColumnName("old column", c.Was); err != nil {
			return err
		}
	}
	for _, group := range []struct{ kind, name string }{{"unique group", c.Unique}, {"index group", c.Index}} {
		if group.name == "" {
			continue
		}
		if reason := checkName(group.name); reason != "" {
			return &NameError{Kind: group.kind, Name: group.name, Reason: reason}
		}
	}
	if option, reason := c.mismatch(); reason != "" {
		return &ColumnError{Column: c.Name, Reason: reason, option: option}
	}
	if c.Check != "" {
		if reason := checkExpression(c.Check); reason != "" {
			return &ColumnError{Column: c.Name, Reason: "check " + shorten(c.Check) + ": " + reason, option: "check"}
		}
	}
	if c.Default != "" {
		if reason := c.checkDefault(); reason != "" {
			return &ColumnError{Column: c.Name, Reason: "default " + shorten(c.Default) + ": " + reason, option: "default"}
		}
	}
	return nil
}

// mismatch says which two properties of the column do not go together, ""
// for none, and the tag's option that sets one of them.
func (c *Column) mismatch() (option, reason string) {
	switch {
	case !c.Type.valid():
		return "", "has no type"
	case c.Key && c.Nullable:
		return "key", "a key cannot be NULL"
	case int(c.Unit) >= len(unitNames):
		return "time", "has the time unit " + c.Unit.String() + ", which there is not"
	case c.Batch && (c.Type != Text || c.Nullable || c.Key):
		return "batch", "is to hold the batch's key: a text that is neither NULL nor part of the table's key"
	case c.Unit != Micros && c.Type != Time:
		return "time", "has a time unit and is of type " + c.Type.String()
	case c.NaNNull && !c.Type.isFloat():
		return "nan", "says nan=null and is of type " + c.Type.String()
	case c.NaNNull && !c.Nullable:
		return "nan", "says nan=null and cannot be NULL"
	case int(c.Uint) >= len(uintNames):
		return "uint", "has the uint policy " + c.Uint.String() + ", which there is not"
	case c.Uint != UintInt && c.Type != Uint64:
		return "uint", "has a uint policy and is of type " + c.Type.String()
	case c.Dim != 0 && !c.Type.isVector():
		return "dim", "has a dimension and is of type " + c.Type.String()
	case c.Dim < 0 || c.Dim > maxDim:
		return "dim", "has the dimension " + strconv.Itoa(c.Dim) + "; it goes from 1 to " + strconv.Itoa(maxDim)
	}
	return "", ""
}

// checkExpression says what would let an SQL expression reach out of its
// parentheses, "" for nothing: the rest is for the database to judge.
func checkExpression(expr string) string {
	if reason := checkName(expr); reason != "" {
		return reason
	}
	end, reason := scanSQL(expr, "")
	if reason == "" && end < len(expr) {
		reason = "a closing parenthesis too many"
	}
	return reason
}

// scanSQL reads SQL up to one of the bytes of stop, or a parenthesis that
// closes more than was opened, outside quotes and parentheses; it returns
// where that is, len(s) if nowhere. reason is set where a quote or
// parenthesis is left open, or where a comment or a semicolon begins.
func scanSQL(s, stop string) (end int, reason string) {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch ch := s[i]; {
		case depth == 0 && strings.IndexByte(stop, ch) >= 0:
			return i, ""
		case ch == '\'', ch == '"', ch == '`':
			// A doubled quote ends one text and begins the next: the same.
			n := strings.IndexByte(s[i+1:], ch)
			if n < 0 {
				return len(s), "a quote " + string(ch) + " that is not closed"
			}
			if ch == '\'' && strings.IndexByte(s[i+1:i+1+n], '\\') >= 0 && escapes(s[:i]) {
				return len(s), "a text E'…' with a backslash, which PostgreSQL and SQLite end at different quotes"
			}
			i += n + 1
		case ch == '[':
			// SQLite ends an identifier at the next bracket, PostgreSQL reads an
			// index, in which quotes count: only text that is the same to both
			// is let in.
			n := strings.IndexByte(s[i:], ']')
			if n < 0 {
				return len(s), "a bracket that is not closed"
			}
			if strings.ContainsAny(s[i+1:i+n], "['\"`();-/*$\\") {
				return len(s), "brackets around " + shorten(s[i+1:i+n]) + "; quote a name with \"\""
			}
			i += n
		case ch == '$' && (i == 0 || !identifierByte(s[i-1])):
			return len(s), "a dollar sign, which begins a quote or a parameter"
		case ch == '\\':
			return len(s), "a backslash outside quotes"
		case ch == '(':
			depth++
		case ch == ')' && depth == 0:
			return i, ""
		case ch == ')':
			depth--
		case ch == ';':
			return len(s), "a semicolon outside quotes"
		case strings.HasPrefix(s[i:], "--"), strings.HasPrefix(s[i:], "/*"):
			return len(s), "a comment outside quotes"
		}
	}
	if depth > 0 {
		return len(s), "a parenthesis that is not closed"
	}
	return len(s), ""
}

// escapes reports whether a quote behind before opens a text in which
// PostgreSQL takes a backslash for an escape: E'…'.
func escapes(before string) bool {
	n := len(before)
	return n > 0 && (before[n-1] == 'E' || before[n-1] == 'e') && (n == 1 || !identifierByte(before[n-2]))
}

// identifierByte reports whether b can be part of an identifier without quotes.
func identifierByte(b byte) bool {
	return b == '_' || b == '$' || b >= 0x80 || '0' <= b && b <= '9' || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z'
}
