package sqlite

import (
	"fmt"
	"slices"
	"strings"

	"github.com/galley-db/galley/internal/evolve"
	"github.com/galley-db/galley/schema"
)

// brokenRule says which key, UNIQUE or CHECK of a table is not what its schema
// says, "" for none.
func (c *conn) brokenRule(s *schema.Schema) (string, error) {
	all, err := c.indexes(s.Name())
	if err != nil {
		return "", err
	}
	rules := map[string]evolve.Rule{"pk": evolve.PrimaryKey, "u": evolve.UniqueRule}
	var have []evolve.Unique
	for _, i := range all {
		if i.unique && i.whole {
			have = append(have, evolve.Unique{Rule: rules[i.origin], Columns: i.columns})
		}
	}
	if wrong := evolve.BrokenKeys(s, have); len(wrong) > 0 {
		return wrong[0], nil
	}
	return c.brokenCheck(s)
}

// brokenCheck is brokenRule for CHECK, which only the text of CREATE TABLE has.
func (c *conn) brokenCheck(s *schema.Schema) (string, error) {
	sql, err := c.text("SELECT sql FROM main.sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE", s.Name())
	if err != nil {
		return "", err
	}
	have := checksOf(sql)
	for _, column := range s.Columns() {
		if column.Check == "" {
			continue
		}
		want := unqualified(sqlTokens(column.Check))
		at := slices.IndexFunc(have, func(check []string) bool { return slices.Equal(check, want) })
		if at < 0 { // SQLite has a CHECK follow renames of columns
			history, err := c.texts(`SELECT changes FROM galley_history WHERE "table" = ` + schema.SQLite().Literal(s.Name()) + " ORDER BY id")
			if err != nil {
				return "", err
			}
			same := func(have, want string) bool {
				return have == want || have == evolve.Fold(evolve.CurrentName(history, want))
			}
			at = slices.IndexFunc(have, func(check []string) bool { return slices.EqualFunc(check, want, same) })
		}
		if at < 0 {
			return fmt.Sprintf("CHECK (%s) of column %q is missing", column.Check, column.Name), nil
		}
		have = slices.Delete(have, at, at+1)
	}
	if len(have) > 0 {
		return fmt.Sprintf("CHECK (%s) was added", strings.Join(have[0], " ")), nil
	}
	return "", nil
}

// checksOf returns the tokens of each CHECK in a CREATE TABLE.
func checksOf(sql string) (checks [][]string) {
	depth, at := 0, -1 // at is where the tokens of a CHECK begin
	tokens := sqlTokens(sql)
	for i, token := range tokens {
		switch token {
		case "(":
			depth++
			if depth == 2 && i > 0 && tokens[i-1] == "check" {
				at = i + 1
			}
		case ")":
			depth--
			if depth == 1 && at >= 0 {
				checks, at = append(checks, unqualified(tokens[at:i])), -1
			}
		}
	}
	return checks
}

// unqualified returns the tokens of a CHECK without the names of tables before
// columns. Only the table itself can stand there, and SQLite changes its name when
// the table is renamed.
func unqualified(tokens []string) (plain []string) {
	for i := 0; i < len(tokens); i++ {
		if i+2 < len(tokens) && tokens[i+1] == "." {
			i += 2
		}
		plain = append(plain, tokens[i])
	}
	return plain
}

// sqlTokens splits SQL into words, names, texts and signs, without spaces and
// comments. Words are in lower case, and names too, without their quotes: what
// differs only so means the same.
func sqlTokens(sql string) (tokens []string) {
	for i := 0; i < len(sql); {
		n := 1
		rest := sql[i:]
		switch ch := rest[0]; {
		case strings.IndexByte(" \t\n\f\r", ch) >= 0:
			i++
			continue
		case strings.HasPrefix(rest, "--"):
			i += upTo(rest, 2, "\n")
			continue
		case strings.HasPrefix(rest, "/*"):
			i += upTo(rest, 2, "*/")
			continue
		case ch == '\'', ch == '"', ch == '`':
			for n = upTo(rest, 1, rest[:1]); n < len(rest) && rest[n] == ch; {
				n += upTo(rest[n:], 1, rest[:1])
			}
		case ch == '[':
			n = upTo(rest, 1, "]")
		case wordByte(ch), ch == '.' && len(rest) > 1 && digit(rest[1]):
			number := ch == '.' || digit(ch)
			for n < len(rest) && (wordByte(rest[n]) || number && rest[n] == '.') {
				n++
			}
		}
		token := rest[:n]
		if quote := token[0]; n > 1 && (quote == '"' || quote == '`') {
			token = strings.ReplaceAll(token[1:n-1], string(quote)+string(quote), string(quote))
		} else if n > 1 && quote == '[' {
			token = token[1 : n-1]
		}
		if token == "" || token[0] != '\'' {
			token = evolve.Fold(token)
		}
		tokens = append(tokens, token)
		i += n
	}
	return tokens
}

// upTo returns the length of the part of sql that ends with end, which is looked
// for behind the first from bytes.
func upTo(sql string, from int, end string) int {
	if n := strings.Index(sql[from:], end); n >= 0 {
		return from + n + len(end)
	}
	return len(sql)
}

// wordByte reports whether b is part of a word or a number.
func wordByte(b byte) bool {
	return b == '_' || b == '$' || b >= 0x80 || digit(b) || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z'
}

func digit(b byte) bool { return '0' <= b && b <= '9' }
