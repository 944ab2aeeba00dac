package sqlite

import (
	"fmt"
	"slices"
	"strings"

	"github.com/galley-db/galley/internal/evolve"
	"github.com/galley-db/galley/internal/sqltoken"
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
	if clause := clauseByHand(sqltoken.SQLite(sql)); clause != "" {
		return clause + " was added", nil
	}
	have := checksOf(sql)
	for _, column := range s.Columns() {
		if column.Check == "" {
			continue
		}
		want := unqualified(sqltoken.SQLite(column.Check))
		at := slices.IndexFunc(have, func(check []sqltoken.Token) bool { return slices.EqualFunc(check, want, sameToken) })
		if at < 0 { // SQLite has a CHECK follow renames of columns
			history, err := c.texts(`SELECT changes FROM galley_history WHERE "table" = ` + schema.SQLite().Literal(s.Name()) + " ORDER BY id")
			if err != nil {
				return "", err
			}
			same := func(have, want sqltoken.Token) bool {
				return sameToken(have, want) || isName(have) && isName(want) &&
					slices.Contains(evolve.LaterNames(history, want.Plain()), evolve.Fold(have.Plain()))
			}
			at = slices.IndexFunc(have, func(check []sqltoken.Token) bool { return slices.EqualFunc(check, want, same) })
		}
		if at < 0 {
			return fmt.Sprintf("CHECK (%s) of column %q is missing", column.Check, column.Name), nil
		}
		have = slices.Delete(have, at, at+1)
	}
	if len(have) > 0 {
		return fmt.Sprintf("CHECK (%s) was added", written(have[0])), nil
	}
	return "", nil
}

// checksOf returns the tokens of each CHECK in a CREATE TABLE.
func checksOf(sql string) (checks [][]sqltoken.Token) {
	depth, at := 0, -1 // at is where the tokens of a CHECK begin
	tokens := sqltoken.SQLite(sql)
	for i, token := range tokens {
		switch {
		case token.IsSign("("):
			depth++
			if depth == 2 && i > 0 && tokens[i-1].Is("check") {
				at = i + 1
			}
		case token.IsSign(")"):
			depth--
			if depth == 1 && at >= 0 {
				checks, at = append(checks, unqualified(tokens[at:i])), -1
			}
		}
	}
	return checks
}

// clauseByHand returns a clause of a CREATE TABLE, outside of its CHECKs, that galley
// does not write: another collation, by which two keys are one, or an action for rows
// that break a rule, by which a row takes the place of another. "" means none.
func clauseByHand(tokens []sqltoken.Token) string {
	depth, check := 0, 0 // check is the depth of the CHECK that i is in
	for i, token := range tokens {
		next := func(n int) (t sqltoken.Token) {
			if i+n < len(tokens) {
				t = tokens[i+n]
			}
			return t
		}
		switch {
		case token.IsSign("("):
			if depth++; check == 0 && i > 0 && tokens[i-1].Is("check") {
				check = depth
			}
		case token.IsSign(")"):
			if depth == check {
				check = 0
			}
			depth--
		case check > 0:
		case token.Is("collate") && !strings.EqualFold(next(1).Plain(), "binary"):
			return "COLLATE " + next(1).Text
		case token.Is("on") && next(1).Is("conflict") && !next(2).Is("abort"):
			return "ON CONFLICT " + next(2).Text
		}
	}
	return ""
}

// unqualified returns the tokens of a CHECK without the names of tables before
// columns. Only the table itself can stand there, and SQLite changes its name when
// the table is renamed.
func unqualified(tokens []sqltoken.Token) (plain []sqltoken.Token) {
	for i := 0; i < len(tokens); i++ {
		if i+2 < len(tokens) && tokens[i+1].IsSign(".") {
			i += 2
		}
		plain = append(plain, tokens[i])
	}
	return plain
}

// sameToken reports whether two tokens mean the same. Words and names are compared as
// SQLite does, in quotes or without.
func sameToken(a, b sqltoken.Token) bool {
	switch {
	case isName(a) && isName(b):
		return evolve.Fold(a.Plain()) == evolve.Fold(b.Plain())
	case a.Kind == sqltoken.Text:
		return b.Kind == sqltoken.Text && a.Text == b.Text
	}
	return a.Kind == b.Kind && evolve.Fold(a.Text) == evolve.Fold(b.Text)
}

func isName(t sqltoken.Token) bool { return t.Kind == sqltoken.Word || t.Kind == sqltoken.Name }

// written is tokens as SQL.
func written(tokens []sqltoken.Token) string {
	texts := make([]string, len(tokens))
	for i, t := range tokens {
		texts[i] = t.Text
	}
	return strings.Join(texts, " ")
}
