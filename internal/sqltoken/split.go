package sqltoken

import "strings"

// SQLite splits SQL as SQLite does.
func SQLite(sql string) []Token { return split(sql, false) }

// Postgres splits SQL as PostgreSQL does, with the parameters ?, ?? and :name that
// galley adds to it.
func Postgres(sql string) []Token { return split(sql, true) }

func split(sql string, server bool) (all []Token) {
	for i := 0; i < len(sql); {
		kind, end := Sign, i+1
		switch ch := sql[i]; {
		case strings.HasPrefix(sql[i:], "--"):
			i = behind(sql, i+2, "\n")
			continue
		case strings.HasPrefix(sql[i:], "/*"):
			i = behindComment(sql, i, server)
			continue
		case ch <= ' ':
			i++
			continue
		case ch == '\'':
			kind, end = Text, behindQuoted(sql, i)
		case ch == '"', ch == '`' && !server:
			kind, end = Name, behindQuoted(sql, i)
		case ch == '[' && !server:
			kind, end = Name, behind(sql, i+1, "]")
		case strings.HasPrefix(sql[i+1:], "'") && prefix(ch, server):
			if kind, end = Text, behindQuoted(sql, i+1); server && ch|0x20 == 'e' {
				end = behindEscaped(sql, i+2)
			}
		case ch == '?':
			kind = Parameter
			if end = behindName(sql, end, isDigit); server && end == i+1 && strings.HasPrefix(sql[end:], "?") {
				kind, end = Double, end+1
			}
		case ch == '$' && server:
			if end = behindName(sql, i+1, isDigit); end > i+1 {
				kind = Parameter
			} else if end = behindName(sql, i+1, inName); strings.HasPrefix(sql[end:], "$") {
				kind, end = Text, behind(sql, end+1, sql[i:end+1])
			}
		case ch == ':' && strings.HasPrefix(sql[i+1:], ":"):
			end++
		case ch == ':', (ch == '$' || ch == '@' || ch == '#') && !server:
			name := behindVariable(sql, i)
			if server {
				name = behindName(sql, i+1, inName)
			}
			if name > i+1 && !(server && isDigit(sql[i+1])) { // PostgreSQL has slices [1:2]
				kind, end = Parameter, name
			}
		case isDigit(ch), ch == '.' && i+1 < len(sql) && isDigit(sql[i+1]):
			kind, end = Number, behindNumber(sql, i)
		case inName(ch):
			kind, end = Word, behindName(sql, i, inWord)
		}
		all = append(all, Token{kind, sql[i:end], i})
		i = end
	}
	return all
}

// prefix reports whether a letter before a quote belongs to the text.
func prefix(ch byte, server bool) bool {
	ch |= 0x20
	return ch == 'x' || server && (ch == 'e' || ch == 'b' || ch == 'n')
}

// behind returns where a text ends that goes on from i to the next end.
func behind(sql string, i int, end string) int {
	if n := strings.Index(sql[i:], end); n >= 0 {
		return i + n + len(end)
	}
	return len(sql)
}

// behindQuoted returns where the text or name ends whose quote is at i. A doubled
// quote is part of it.
func behindQuoted(sql string, i int) int {
	quote := sql[i : i+1]
	for i = behind(sql, i+1, quote); strings.HasPrefix(sql[i:], quote); {
		i = behind(sql, i+1, quote)
	}
	return i
}

// behindComment returns where the comment ends that begins at i. PostgreSQL
// nests comments.
func behindComment(sql string, i int, nested bool) int {
	for depth := 0; i < len(sql); {
		switch {
		case strings.HasPrefix(sql[i:], "/*") && (nested || depth == 0):
			depth, i = depth+1, i+2
		case strings.HasPrefix(sql[i:], "*/"):
			if depth, i = depth-1, i+2; depth == 0 {
				return i
			}
		default:
			i++
		}
	}
	return len(sql)
}

// behindEscaped returns where a text E'...' ends whose content begins at i. The
// text goes on in quotes on a later line.
func behindEscaped(sql string, i int) int {
	for i < len(sql) {
		switch {
		case sql[i] == '\\', strings.HasPrefix(sql[i:], "''"):
			i += 2
		case sql[i] == '\'':
			i++
			rest := strings.TrimLeft(sql[i:], " \t\r\n\f\v")
			gap := sql[i : len(sql)-len(rest)]
			if !strings.HasPrefix(rest, "'") || !strings.ContainsAny(gap, "\r\n") {
				return i
			}
			i += len(gap) + 1
		default:
			i++
		}
	}
	return len(sql)
}

// behindNumber returns where the number ends that begins at i. Letters that follow
// without a space belong to it, as in 0x1F, and so does the sign of an exponent.
func behindNumber(sql string, i int) int {
	hex := strings.HasPrefix(sql[i:], "0x") || strings.HasPrefix(sql[i:], "0X")
	for i < len(sql) {
		switch ch := sql[i]; {
		case inWord(ch), ch == '.' && !hex:
			i++
		case (ch == '+' || ch == '-') && !hex && sql[i-1]|0x20 == 'e' && i+1 < len(sql) && isDigit(sql[i+1]):
			i++
		default:
			return i
		}
	}
	return i
}

// behindName returns where the characters of a name that begins at i end.
func behindName(sql string, i int, in func(byte) bool) int {
	for i < len(sql) && in(sql[i]) {
		i++
	}
	return i
}

// behindVariable returns where SQLite's parameter that begins at i ends: as Tcl has
// them, :: stands within a name and a suffix in parentheses behind it.
func behindVariable(sql string, i int) int {
	name := behindName(sql, i+1, inWord)
	if name == i+1 {
		return name
	}
	for i = name; strings.HasPrefix(sql[i:], "::"); {
		i = behindName(sql, i+2, inWord)
	}
	if strings.HasPrefix(sql[i:], "(") {
		if n := strings.IndexAny(sql[i:], ") \t\r\n\f\v"); n > 0 && sql[i+n] == ')' {
			i += n + 1
		}
	}
	return i
}

func isDigit(ch byte) bool { return ch >= '0' && ch <= '9' }

func inName(ch byte) bool {
	return ch == '_' || ch >= 0x80 || isDigit(ch) || ch|0x20 >= 'a' && ch|0x20 <= 'z'
}

func inWord(ch byte) bool { return inName(ch) || ch == '$' }
