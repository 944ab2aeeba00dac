package sqltoken

import "strings"

// Kind is what a token is.
type Kind uint8

const (
	// Word is a keyword, or a name without quotes.
	Word Kind = iota + 1
	// Number is a number without a sign.
	Number
	// Name is a name in quotes or brackets.
	Name
	// Text is a text or blob in quotes, with what stands before them.
	Text
	// Parameter is ?, ?1, $1, :name, and on SQLite @name, $name and #name.
	Parameter
	// Double is ?? on PostgreSQL, which stands for an operator.
	Double
	// Sign is a character of another kind, or the cast :: of PostgreSQL.
	Sign
)

// Token is a part of an SQL text that is neither space nor a comment.
type Token struct {
	Kind  Kind
	Text  string // as it is written
	Begin int    // where it is written
}

// End is where the token ends.
func (t Token) End() int { return t.Begin + len(t.Text) }

// Is reports whether the token is a keyword, in upper or lower case.
func (t Token) Is(keyword string) bool { return t.Kind == Word && strings.EqualFold(t.Text, keyword) }

// IsSign reports whether the token is a sign, and not a name or a text like it.
func (t Token) IsSign(sign string) bool { return t.Kind == Sign && t.Text == sign }

// Plain is a name without its quotes, and other tokens as they are written.
func (t Token) Plain() string {
	if t.Kind != Name || len(t.Text) < 2 {
		return t.Text
	}
	quote, inner := t.Text[:1], t.Text[1:len(t.Text)-1]
	if quote == "[" {
		return inner
	}
	return strings.ReplaceAll(inner, quote+quote, quote)
}
