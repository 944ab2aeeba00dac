package store

import (
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"github.com/galley-db/galley/internal/sqltoken"
	"github.com/galley-db/galley/schema"
)

// ParameterError is returned when a query has a parameter and no argument of
// that name. It matches [ErrQuery].
type ParameterError struct {
	Parameter string // as the SQL has it, such as ":subject"
}

// Error names the parameter and what to pass.
func (e *ParameterError) Error() string {
	return fmt.Sprintf("%v: the SQL has the parameter %s; pass sql.Named(%q, value)", ErrQuery, e.Parameter, e.Parameter[1:])
}

// Unwrap returns ErrQuery.
func (e *ParameterError) Unwrap() error { return ErrQuery }

// Arguments translates SQL with the parameters that [Query] takes into SQL with
// those of the dialect, and its arguments into one value a parameter, as
// Backend.Query takes both. It returns ErrQuery if they do not fit.
func Arguments(d schema.Dialect, text string, args []any) (string, []any, error) {
	s := statement{dialect: d, text: text, tokens: tokens(d, text), named: map[string]*argument{}}
	for _, arg := range args {
		if n, ok := arg.(sql.NamedArg); ok {
			if _, again := s.named[n.Name]; again {
				return "", nil, fmt.Errorf("%w: two arguments are named %q", ErrQuery, n.Name)
			}
			s.named[n.Name] = &argument{value: n.Value}
			s.all = append(s.all, s.named[n.Name])
			continue
		}
		s.numbered = append(s.numbered, &argument{value: arg})
		s.all = append(s.all, s.numbered[len(s.numbered)-1])
	}
	if err := s.find(); err != nil {
		return "", nil, err
	}
	native := s.native()
	if native {
		s.all = s.inOrder()
	}
	var values []any
	for _, a := range s.all {
		a.first = len(values) + 1
		for _, v := range a.values {
			values = append(values, plainArray(v))
		}
	}
	if most := maxParameters[d.Name()]; len(values) > most {
		return "", nil, fmt.Errorf("%w: it has %d values, and %s takes %d; put them into a table, or ask in parts", ErrQuery, len(values), d.Name(), most)
	}
	if native {
		return text, values, nil
	}
	return s.translated(), values, nil
}

func tokens(d schema.Dialect, text string) []sqltoken.Token {
	if d == schema.Postgres() {
		return sqltoken.Postgres(text)
	}
	return sqltoken.SQLite(text)
}

func digit(ch byte) bool { return ch >= '0' && ch <= '9' }

// maxParameters are the limits of the engines.
var maxParameters = map[string]int{schema.SQLite().Name(): 32766, schema.Postgres().Name(): 65535}

// argument is an argument of a query.
type argument struct {
	value  any
	values []any // what is bound: the value, or a slice's elements
	first  int   // the number of the first of values, from 1
	used   bool
	whole  bool // the value is also used otherwise than in IN (?)
}

// use is a parameter in a statement.
type use struct {
	at  int // the token
	arg *argument
	in  bool // in IN (?), and the argument is a slice
}

// statement is SQL whose parameters are translated.
type statement struct {
	dialect       schema.Dialect
	text          string
	tokens        []sqltoken.Token
	all, numbered []*argument
	named         map[string]*argument
	uses          []use
	operators     bool // a ? is an operator of PostgreSQL, because parameters are $1
}

// find gives each parameter its argument.
func (s *statement) find() error {
	server := s.dialect == schema.Postgres()
	for _, t := range s.tokens {
		s.operators = s.operators || server && t.Kind == sqltoken.Parameter && t.Text[0] == '$'
	}
	most := 0 // the highest number
	for i, t := range s.tokens {
		if t.Kind != sqltoken.Parameter || s.operators && t.Text[0] == '?' || server && t.Text[0] == ':' && len(s.named) == 0 {
			continue // with a :name that is a slice of an array
		}
		digits := strings.TrimLeft(t.Text, "?$")
		number, err := strconv.Atoi(digits)
		switch {
		case t.Text == "?":
			number = most + 1
		case t.Text[0] == ':' || err != nil && digits != "" && !digit(digits[0]):
			a := s.named[t.Text[1:]]
			if a == nil {
				return &ParameterError{t.Text}
			}
			s.use(i, a)
			continue
		case err != nil || number < 1:
			return fmt.Errorf("%w: the query has no parameter %s; they count from 1", ErrQuery, t.Text)
		}
		most = max(most, number)
		if number <= len(s.numbered) {
			s.use(i, s.numbered[number-1])
		}
	}
	if most != len(s.numbered) {
		return fmt.Errorf("%w: the SQL has %s, and %s%s", ErrQuery, count(most, "parameter ?", "parameters ?"),
			count(len(s.numbered), "argument was given", "arguments were given"), s.hint(most))
	}
	for name, a := range s.named {
		if !a.used {
			return fmt.Errorf("%w: the SQL has no parameter :%s", ErrQuery, name)
		}
	}
	return s.expand()
}

// native reports whether SQLite numbers the parameters as the arguments are: then
// the text stays as it is, since expressions in it name columns of the result.
func (s *statement) native() bool {
	if s.dialect != schema.SQLite() {
		return false
	}
	for _, u := range s.uses {
		if t := s.tokens[u.at].Text; u.in || len(t) > 1 && digit(t[1]) {
			return false
		}
	}
	return true
}

// inOrder are the arguments as SQLite numbers the parameters: each ?, and each
// spelling of a name where it comes first, so that :a and $a are two.
func (s *statement) inOrder() (all []*argument) {
	spelled := map[string]bool{}
	for _, u := range s.uses {
		text := s.tokens[u.at].Text
		if text == "?" || !spelled[text] {
			all = append(all, u.arg)
		}
		spelled[text] = true
	}
	return all
}

// hint is advice for a statement with more parameters than arguments.
func (s *statement) hint(parameters int) string {
	if parameters > len(s.numbered) && s.dialect == schema.Postgres() && !s.operators {
		return "; write PostgreSQL's operators with a ? as ??"
	}
	return ""
}

// use records that the token at i is a parameter for a.
func (s *statement) use(i int, a *argument) {
	in := i > 1 && i+1 < len(s.tokens) && s.tokens[i-1].IsSign("(") && s.tokens[i-2].Is("IN") && s.tokens[i+1].IsSign(")")
	in = in && isList(a.value)
	a.used, a.whole = true, a.whole || !in
	s.uses = append(s.uses, use{i, a, in})
}

// translated is the text with the dialect's parameters.
func (s *statement) translated() string {
	var b strings.Builder
	done := 0
	replace := func(begin, end int, by string) {
		b.WriteString(s.text[done:begin] + by)
		done = end
	}
	uses := s.uses
	for i, t := range s.tokens {
		switch {
		case t.Kind == sqltoken.Double:
			replace(t.Begin, t.End(), "?")
		case len(uses) == 0 || uses[0].at != i:
		case len(uses[0].arg.values) == 0 && s.dialect == schema.Postgres():
			// PostgreSQL has no IN (). What was written from IN on is replaced.
			from, by := s.tokens[i-2].Begin, "= ANY ('{}')"
			if i > 2 && s.tokens[i-3].Is("NOT") {
				from, by = s.tokens[i-3].Begin, "<> ALL ('{}')"
			}
			replace(from, s.tokens[i+1].End(), by)
			uses = uses[1:]
		default:
			replace(t.Begin, t.End(), uses[0].arg.placeholders(s.dialect))
			uses = uses[1:]
		}
	}
	return b.String() + s.text[done:]
}

// placeholders are the parameters of an argument's values.
func (a *argument) placeholders(d schema.Dialect) string {
	list := make([]string, len(a.values))
	for i := range list {
		if list[i] = d.Placeholder(a.first + i); list[i] == "?" {
			list[i] += strconv.Itoa(a.first + i)
		}
	}
	return strings.Join(list, ", ")
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
