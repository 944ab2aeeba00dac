package store

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/galley-db/galley/internal/sqltoken"
	"github.com/galley-db/galley/schema"
)

// CheckTexts returns ErrQuery for a condition on a table of SQLite that compares a
// column of numbers with an argument that is a text, and not one of a number: SQLite
// orders each number before any text, so at < ? with a date as text meets every row.
// The condition and its values are those that Arguments has returned. An argument
// whose column is not clear from the text of the condition passes.
func CheckTexts(where string, values []any, table *schema.Schema) error {
	if !slices.ContainsFunc(values, wordy) {
		return nil
	}
	tokens := sqltoken.SQLite(where)
	for _, t := range tokens {
		if t.Is("SELECT") { // whose columns may be another table's
			return nil
		}
	}
	numbers, most, before := map[string]int{}, 0, ""
	for i, t := range tokens {
		if t.Kind != sqltoken.Parameter {
			continue
		}
		if i < 2 || !tokens[i-1].IsSign(",") || tokens[i-2].Kind != sqltoken.Parameter { // else it is that of the list
			before = columnBefore(tokens, i)
		}
		number, seen := numbers[t.Text]
		if !seen { // as SQLite counts them
			number = most + 1
			if n, err := strconv.Atoi(strings.TrimPrefix(t.Text, "?")); err == nil {
				number = n
			}
			if most = max(most, number); t.Text != "?" {
				numbers[t.Text] = number
			}
		}
		if number > len(values) || !wordy(values[number-1]) {
			continue
		}
		for _, name := range []string{before, columnBehind(tokens, i)} {
			at, ok := table.Column(name)
			if name == "" || !ok || !numeric(&table.Columns()[at]) {
				continue
			}
			c := &table.Columns()[at]
			instead := "a number"
			switch c.Type {
			case schema.Time:
				instead = "a time.Time"
			case schema.Bool:
				instead = "a bool"
			}
			return fmt.Errorf("%w: argument %d: %q is a text, and the column %q holds numbers (%s), which SQLite orders before any text; pass %s",
				ErrQuery, number, values[number-1], c.Name, c.Spec(), instead)
		}
	}
	return nil
}

// wordy reports whether an argument is a text that SQLite does not take for a number
// beside a column of numbers.
func wordy(arg any) bool {
	v := reflect.ValueOf(arg)
	if v.Kind() != reflect.String {
		return false
	}
	text := strings.Trim(v.String(), " \t\n\v\f\r")
	if strings.Trim(text, "+-.0123456789eE") != "" { // Go has numbers of more kinds
		return true
	}
	_, err := strconv.ParseFloat(text, 64)
	return err != nil && !errors.Is(err, strconv.ErrRange)
}

// numeric reports whether a table of SQLite stores a column as numbers.
func numeric(c *schema.Column) bool {
	switch c.Type {
	case schema.Text, schema.Blob, schema.JSON, schema.Vector32, schema.Vector64:
		return false
	case schema.Time:
		return c.Unit != schema.RFC3339
	case schema.Uint64:
		return c.Uint == schema.UintInt
	}
	return true
}

// columnBefore returns the name that the parameter at i is compared with in
// name < ?, name BETWEEN ? AND ?, and as the first of name IN (?, ?), "" where it is
// another expression.
func columnBefore(tokens []sqltoken.Token, i int) string {
	if !ends(tokens, i+1) {
		return ""
	}
	k := i - 1
	switch {
	case k >= 2 && tokens[k].Is("AND") && tokens[k-1].Kind == sqltoken.Parameter && tokens[k-2].Is("BETWEEN"):
		k -= 3
	case k >= 0 && tokens[k].Is("BETWEEN"):
		k--
	case k >= 0 && compares(tokens[k]):
		for k >= 0 && compares(tokens[k]) {
			k--
		}
	case k >= 1 && tokens[k].IsSign("(") && tokens[k-1].Is("IN"):
		k -= 2
	default:
		return ""
	}
	if k >= 0 && tokens[k].Is("NOT") {
		k--
	}
	if k < 0 || !begins(tokens, k-1) {
		return ""
	}
	return named(tokens[k])
}

// columnBehind is columnBefore for ? < name.
func columnBehind(tokens []sqltoken.Token, i int) string {
	k := i + 1
	for k < len(tokens) && compares(tokens[k]) {
		k++
	}
	if k == i+1 || k == len(tokens) || !begins(tokens, i-1) || !ends(tokens, k+1) {
		return ""
	}
	return named(tokens[k])
}

func named(t sqltoken.Token) string {
	if t.Kind == sqltoken.Word || t.Kind == sqltoken.Name {
		return t.Plain()
	}
	return ""
}

func compares(t sqltoken.Token) bool {
	return t.Kind == sqltoken.Sign && strings.Contains("<>=!", t.Text) || t.Is("IS")
}

// begins reports whether an expression begins behind the token at i, so that it is
// not the end of a longer one.
func begins(tokens []sqltoken.Token, i int) bool {
	return i < 0 || tokens[i].IsSign("(") || tokens[i].Is("AND") || tokens[i].Is("OR") || tokens[i].Is("NOT")
}

// ends reports whether an expression ends before the token at i.
func ends(tokens []sqltoken.Token, i int) bool {
	return i >= len(tokens) || tokens[i].IsSign(")") || tokens[i].IsSign(",") || tokens[i].Is("AND") || tokens[i].Is("OR")
}
