package schema

import (
	"reflect"
	"strconv"
	"strings"
)

// tagKey is the key of galley's struct tags.
const tagKey = "db"

// tag is a db tag, taken apart.
type tag struct {
	skip    bool // "-"
	given   bool // there is a tag
	name    string
	options []tagOption

	bareOption bool // the name is an option's, and no comma follows
}

// tagOption is NAME or NAME=VALUE.
type tagOption struct {
	name, value string
	hasValue    bool
}

func (t *tag) has(name string) bool {
	_, ok := t.get(name)
	return ok
}

func (t *tag) get(name string) (value string, ok bool) {
	for _, o := range t.options {
		if o.name == name {
			return o.value, true
		}
	}
	return "", false
}

// fieldTag finds the db tag among a field's tags.
func fieldTag(all reflect.StructTag) (t tag, problems []Problem) {
	text, ok := all.Lookup(tagKey)
	if ok {
		return parseTag(text)
	}
	if strings.Contains(string(all), tagKey+":") && malformed(string(all)) != "" {
		problems = []Problem{{Message: "the struct tag " + shorten(string(all)) + ` is malformed; write db:"...", with one space between two keys`}}
	}
	return tag{}, problems
}

// malformed returns the rest of a struct tag from where package reflect stops
// to read it, "" for a tag that is well formed. reflect finds no key behind it.
func malformed(tag string) string {
	for {
		tag = strings.TrimLeft(tag, " ")
		i := 0
		for i < len(tag) && tag[i] > ' ' && tag[i] != ':' && tag[i] != '"' && tag[i] != 0x7f {
			i++
		}
		if i == 0 || i+1 >= len(tag) || tag[i] != ':' || tag[i+1] != '"' {
			return tag
		}
		quoted, err := strconv.QuotedPrefix(tag[i+1:])
		if err != nil {
			return tag
		}
		tag = tag[i+1+len(quoted):]
	}
}

// parseTag takes a tag apart. The name goes up to the first comma, whatever
// it holds. Behind it, commas within quotes (”, "", “) and parentheses
// belong to a value. Problems come without Field.
func parseTag(text string) (t tag, problems []Problem) {
	if text == "-" {
		return tag{skip: true, given: true}, nil
	}
	name, rest, more := strings.Cut(text, ",")
	t = tag{given: true, name: name}
	if head, _, isOption := strings.Cut(name, "="); isOption && ruleOf(head) != nil {
		problems = append(problems, Problem{Option: head, Message: "stands where the column's name does; write a comma before it"})
		t.name = ""
	}
	if trimmed := strings.TrimSpace(name); trimmed != name {
		problems = append(problems, Problem{Message: "the column's name " + shorten(name) + " has a space around it; write " + shorten(trimmed)})
		t.name = trimmed
	}
	if r := ruleOf(name); r != nil && r.value != with && (!more || rest == "") {
		t.bareOption, rest, more = !more, "", false
	}
	for more {
		end, reason := scanSQL(rest, ",")
		if reason == "" && end < len(rest) && rest[end] == ')' {
			reason = "a closing parenthesis too many"
		}
		if reason != "" {
			// Where the value ends is anybody's guess: the rest is left alone.
			option, _, _ := strings.Cut(rest, "=")
			return t, append(problems, Problem{Option: option, Message: "has " + reason})
		}
		word := rest[:end]
		more = end < len(rest)
		if more {
			rest = rest[end+1:]
		}
		option := tagOption{}
		option.name, option.value, option.hasValue = strings.Cut(word, "=")
		if problem := t.check(option); problem != nil {
			problems = append(problems, *problem)
			continue
		}
		t.options = append(t.options, option)
	}
	return t, problems
}

// check says what is wrong with an option apart from the field it stands at.
func (t *tag) check(o tagOption) *Problem {
	r := ruleOf(o.name)
	message := ""
	switch {
	case o.name == "":
		message = "an option is empty; leave the comma out"
	case r == nil:
		return &Problem{Option: o.name, Message: "is unknown", Nearest: nearestOption(o.name)}
	case t.has(o.name):
		message = "is there twice"
	case r.value == without && o.hasValue:
		message = "takes no value"
	case r.value == with && !o.hasValue:
		message = "needs a value; write " + r.Syntax
	case o.hasValue && o.value == "" && o.name != "prefix":
		message = "has an empty value; write " + r.Syntax
	default:
		return nil
	}
	return &Problem{Option: o.name, Message: message}
}
