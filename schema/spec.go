package schema

import (
	"slices"
	"strconv"
	"strings"
)

// Spec is the column's type and properties as one line of text, such as
// "float64 null nan=null" or "time ms key": the same text for the same
// column, always. It leaves out Name, Was and Field. [ParseSpec] reads it.
//
// The words are, in this order: the type; a time's unit; "uint=text" or
// "uint=blob"; "dim=N"; "null"; "nan=null"; "key"; "batch"; "unique=GROUP";
// "index=GROUP"; "default=LITERAL"; "check=EXPRESSION". What is not plain
// letters, digits and underscores after the last four is a quoted Go string.
func (c Column) Spec() string {
	var b strings.Builder
	b.WriteString(c.Type.String())
	word := func(s string) {
		b.WriteByte(' ')
		b.WriteString(s)
	}
	if c.Type == Time {
		word(c.Unit.String())
	}
	if c.Uint != UintInt {
		word("uint=" + c.Uint.String())
	}
	if c.Dim != 0 {
		word("dim=" + strconv.Itoa(c.Dim))
	}
	if c.Nullable {
		word("null")
	}
	if c.NaNNull {
		word("nan=null")
	}
	if c.Key {
		word("key")
	}
	if c.Batch {
		word("batch")
	}
	for _, text := range []struct{ name, value string }{
		{"unique", c.Unique}, {"index", c.Index}, {"default", c.Default}, {"check", c.Check},
	} {
		if text.value != "" {
			word(text.name + "=" + quoteSpec(text.value))
		}
	}
	return b.String()
}

// quoteSpec quotes what could not be read back as it is.
func quoteSpec(s string) string {
	for i := 0; i < len(s); i++ {
		switch ch := s[i]; {
		case 'a' <= ch && ch <= 'z', 'A' <= ch && ch <= 'Z', '0' <= ch && ch <= '9', ch == '_':
		default:
			return strconv.Quote(s)
		}
	}
	return s
}

// ParseSpec makes the column of a name and what [Column.Spec] wrote. It
// returns a *[ColumnError] for text that Spec would not write, and what [New]
// returns for a column that cannot be.
func ParseSpec(name, spec string) (Column, error) {
	c := Column{Name: name}
	rest := spec
	for rest != "" {
		word, next, ok := nextWord(rest)
		if !ok || !c.take(word) {
			return Column{}, &ColumnError{Column: name, Reason: "spec " + shorten(spec) + " cannot be read at " + shorten(rest)}
		}
		rest = next
	}
	if err := c.check(); err != nil {
		return Column{}, err
	}
	// One column, one text: two spellings would be two fingerprints.
	if canonical := c.Spec(); canonical != spec {
		return Column{}, &ColumnError{Column: name, Reason: "spec " + shorten(spec) + " is not as galley writes it: " + canonical}
	}
	return c, nil
}

// nextWord cuts the first word off a spec. A word ends at a space outside a
// quoted string.
func nextWord(s string) (word, rest string, ok bool) {
	end := strings.IndexAny(s, ` "`)
	if end >= 0 && s[end] == '"' {
		quoted, err := strconv.QuotedPrefix(s[end:])
		if err != nil {
			return "", "", false
		}
		end += len(quoted)
		if end < len(s) && s[end] != ' ' {
			return "", "", false
		}
	}
	if end < 0 || end == len(s) {
		return s, "", true
	}
	return s[:end], s[end+1:], true
}

// take sets what one word of a spec says.
func (c *Column) take(word string) bool {
	if !c.Type.valid() {
		i := slices.Index(typeNames[:], word)
		if i < int(Bool) {
			return false
		}
		c.Type = Type(i)
		return true
	}
	name, value, _ := strings.Cut(word, "=")
	if strings.HasPrefix(value, `"`) {
		text, err := strconv.Unquote(value)
		if err != nil {
			return false
		}
		value = text
	}
	switch name {
	case "null":
		c.Nullable = true
	case "nan":
		c.NaNNull = true
	case "key":
		c.Key = true
	case "batch":
		c.Batch = true
	case "unique":
		c.Unique = value
	case "index":
		c.Index = value
	case "default":
		c.Default = value
	case "check":
		c.Check = value
	case "uint":
		i := slices.Index(uintNames[:], value)
		c.Uint = UintPolicy(max(i, 0))
		return i >= 0
	case "dim":
		dim, err := strconv.Atoi(value)
		c.Dim = dim
		return err == nil
	default:
		i := slices.Index(unitNames[:], word)
		c.Unit = TimeUnit(max(i, 0))
		return i >= 0
	}
	return true
}
