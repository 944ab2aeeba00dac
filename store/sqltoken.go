package store

import (
	"strings"

	"github.com/galley-db/galley/schema"
)

// tokenKind is what a token of SQL is, as far as parameters go.
type tokenKind uint8

const (
	word      tokenKind = iota + 1 // a name without quotes, a keyword or a number
	parameter                      // ?, ?1, $1, :name, and on SQLite @name and $name
	double                         // ??
	other                          // a quoted text or name, or one character
)

// token is a part of an SQL text that is neither space nor a comment.
type token struct {
	kind  tokenKind
	text  string
	begin int
}

func (t token) end() int { return t.begin + len(t.text) }

// is reports whether the token is a keyword, in upper or lower case.
func (t token) is(keyword string) bool { return t.kind == word && strings.EqualFold(t.text, keyword) }

// tokens splits an SQL text as the dialect's database does.
// See https://sqlite.org/lang_expr.html and
// https://www.postgresql.org/docs/current/sql-syntax-lexical.html.
func tokens(d schema.Dialect, sql string) (all []token) {
	server := d == schema.Postgres()
	for i := 0; i < len(sql); {
		kind, end := other, i+1
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
		case ch == '\'', ch == '"', ch == '`' && !server:
			end = behind(sql, i+1, string(ch)) // a doubled quote begins another text
		case ch == '[' && !server:
			end = behind(sql, i+1, "]")
		case server && (ch == 'e' || ch == 'E') && strings.HasPrefix(sql[i+1:], "'"):
			end = behindEscaped(sql, i+2)
		case ch == '?':
			kind = parameter
			if end = behindName(sql, end, isDigit); server && end == i+1 && strings.HasPrefix(sql[end:], "?") {
				kind, end = double, end+1
			}
		case ch == '$' && server:
			if end = behindName(sql, i+1, isDigit); end > i+1 {
				kind = parameter
			} else if end = behindName(sql, i+1, inName); strings.HasPrefix(sql[end:], "$") {
				end = behind(sql, end+1, sql[i:end+1])
			}
		case ch == ':' && strings.HasPrefix(sql[i+1:], ":"):
			end++ // a cast of PostgreSQL
		case ch == ':', (ch == '$' || ch == '@') && !server:
			end = behindName(sql, i+1, inName)
			if end > i+1 && !(server && isDigit(sql[i+1])) { // PostgreSQL has slices [1:2]
				kind = parameter
			}
		case inName(ch):
			kind, end = word, behindName(sql, i, func(ch byte) bool { return inName(ch) || ch == '$' })
		}
		all = append(all, token{kind, sql[i:end], i})
		i = end
	}
	return all
}

// behind returns where a text ends that goes on from i to the next end.
func behind(sql string, i int, end string) int {
	if n := strings.Index(sql[i:], end); n >= 0 {
		return i + n + len(end)
	}
	return len(sql)
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

// behindName returns where the characters of a name that begins at i end.
func behindName(sql string, i int, in func(byte) bool) int {
	for i < len(sql) && in(sql[i]) {
		i++
	}
	return i
}

func isDigit(ch byte) bool { return ch >= '0' && ch <= '9' }

func inName(ch byte) bool {
	return ch == '_' || ch >= 0x80 || isDigit(ch) || ch|0x20 >= 'a' && ch|0x20 <= 'z'
}
