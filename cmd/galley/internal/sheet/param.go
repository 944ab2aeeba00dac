package sheet

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// parameters returns the parameters of a statement in SQLite's order: the name
// of each with its first character (:name, @name or $name), or "" for one
// without a name (? or ?N). See https://sqlite.org/lang_expr.html#varparam.
func parameters(sql string) []string {
	var names []string
	grow := func(n int) {
		for len(names) < n {
			names = append(names, "")
		}
	}
	for i := 0; i < len(sql); {
		switch ch := sql[i]; {
		case ch == '\'' || ch == '"' || ch == '`':
			i = behind(sql, i+1, string(ch)) // a doubled quote begins another
		case ch == '[':
			i = behind(sql, i+1, "]")
		case strings.HasPrefix(sql[i:], "--"):
			i = behind(sql, i+2, "\n")
		case strings.HasPrefix(sql[i:], "/*"):
			i = behind(sql, i+2, "*/")
		case ch == '?':
			end := i + 1
			for end < len(sql) && sql[end] >= '0' && sql[end] <= '9' {
				end++
			}
			if n, err := strconv.Atoi(sql[i+1 : end]); err == nil && n <= maxParameters {
				grow(n)
			} else {
				grow(len(names) + 1)
			}
			i = end
		case ch == ':' || ch == '@' || ch == '$':
			end := i + 1
			for end < len(sql) && inName(sql[end]) {
				end++
			}
			if name := sql[i:end]; len(name) > 1 && !slices.Contains(names, name) {
				names = append(names, name)
			}
			i = end
		case inName(ch):
			for i < len(sql) && (inName(sql[i]) || sql[i] == '$') {
				i++
			}
		default:
			i++
		}
	}
	return names
}

// maxParameters is SQLite's own limit.
const maxParameters = 32766

// behind is where text ends that begins at i and ends with end.
func behind(sql string, i int, end string) int {
	if n := strings.Index(sql[i:], end); n >= 0 {
		return i + n + len(end)
	}
	return len(sql)
}

func inName(ch byte) bool {
	return ch == '_' || ch >= 0x80 || ch >= '0' && ch <= '9' || ch|0x20 >= 'a' && ch|0x20 <= 'z'
}

// Bind puts arguments into the order of a statement's parameters: values for
// those without a name, in their order, and named for the others, under their
// names without the first character.
func Bind(sql string, values []any, named map[string]any) ([]any, error) {
	args, used := []any{}, map[string]bool{}
	unnamed := 0
	var missing []string
	for _, name := range parameters(sql) {
		if name == "" {
			if unnamed++; unnamed <= len(values) {
				args = append(args, values[unnamed-1])
			}
			continue
		}
		v, ok := named[name[1:]]
		if !ok {
			missing = append(missing, name)
		}
		used[name[1:]] = true
		args = append(args, v)
	}
	switch {
	case len(missing) > 0:
		return nil, fmt.Errorf("the SQL has the parameter %s; give it a value with --param %s=VALUE", missing[0], missing[0][1:])
	case unnamed != len(values):
		return nil, fmt.Errorf("the SQL has %s, and %s", count(unnamed, "parameter ?", "parameters ?"), count(len(values), "argument was given", "arguments were given"))
	}
	for name := range named {
		if !used[name] {
			return nil, fmt.Errorf("the SQL has no parameter :%s", name)
		}
	}
	return args, nil
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
