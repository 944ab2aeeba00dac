package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/galley-db/galley/internal/evolve"
	"github.com/galley-db/galley/schema"
)

// brokenRules says which keys, unique groups, checks and defaults of a table are not
// what its schema says. An index that another program created is not a rule of the
// table. A table that is spread over servers has its rules there.
func (db *DB) brokenRules(ctx context.Context, q *session, s *schema.Schema) ([]string, error) {
	if len(db.opts.Servers) > 0 {
		return nil, nil
	}
	const columnsOf = `(SELECT json_agg(a.attname ORDER BY a.attname) FROM pg_catalog.pg_attribute a WHERE a.attrelid = x.indrelid AND a.attnum = ANY (x.indkey))`
	indexes, err := q.rows(ctx, `SELECT coalesce(k.contype::text, ''), coalesce(`+columnsOf+`, '[]')
FROM pg_catalog.pg_index x LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = x.indexrelid AND k.contype IN ('p', 'u')
WHERE x.indrelid = $1::regclass AND x.indisunique AND x.indisvalid AND x.indpred IS NULL AND x.indexprs IS NULL`, db.quoted(s.Name()))
	if err != nil {
		return nil, err
	}
	rules := map[string]evolve.Rule{"p": evolve.PrimaryKey, "u": evolve.UniqueRule}
	have := make([]evolve.Unique, len(indexes))
	for i, index := range indexes {
		have[i].Rule = rules[index[0]]
		if err := json.Unmarshal([]byte(index[1]), &have[i].Columns); err != nil {
			return nil, fmt.Errorf("columns of an index, %q: %w", index[1], err)
		}
	}
	wrong := evolve.BrokenKeys(s, have)
	more, err := db.brokenExpressions(ctx, q, s)
	return append(wrong, more...), err
}

// brokenExpressions compares checks and defaults. The server keeps them in words of
// its own, so it is asked for its words for those of the tags too: EXPLAIN has
// them, reads no row and creates nothing.
func (db *DB) brokenExpressions(ctx context.Context, q *session, s *schema.Schema) ([]string, error) {
	have, err := q.rows(ctx, `SELECT '', pg_catalog.pg_get_expr(k.conbin, k.conrelid) FROM pg_catalog.pg_constraint k WHERE k.conrelid = $1::regclass AND k.contype = 'c'
UNION ALL SELECT a.attname, pg_catalog.pg_get_expr(d.adbin, d.adrelid) FROM pg_catalog.pg_attrdef d JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
WHERE d.adrelid = $1::regclass AND a.attgenerated = ''`, db.quoted(s.Name()))
	if err != nil {
		return nil, err
	}
	var checks, expressions []string
	defaults := map[string]string{}
	for _, row := range have {
		if row[0] == "" {
			checks = append(checks, row[1])
		} else {
			defaults[row[0]] = row[1]
		}
	}
	// Of each column with a tag its check, then the default as it is and as it
	// should be. A default that is not there is a constant of its own.
	const none = "'galley: none'::text"
	asDefault := func(c schema.Column, value string) string {
		if value == "" {
			return none
		}
		return "(" + value + ")::" + sqlType(c)
	}
	for _, c := range s.Columns() {
		if c.Check != "" {
			expressions = append(expressions, "("+c.Check+")")
		}
		if value := schema.Postgres().Default(c); c.Default != "" || defaults[c.Name] != "" {
			if c.Default == "" {
				value = ""
			}
			expressions = append(expressions, asDefault(c, defaults[c.Name]), asDefault(c, value))
		}
	}
	if len(expressions)+len(checks) == 0 {
		return nil, nil
	}
	words, err := q.inWords(ctx, db.quoted(s.Name()), append(expressions, checks...))
	if sqlState(err) == "42703" { // undefined_column
		return []string{"a CHECK of the struct names a column that the table lacks: " + err.Error()}, nil
	}
	if err != nil {
		return nil, err
	}
	found := words[len(expressions):]
	var wrong []string
	for _, c := range s.Columns() {
		if c.Check != "" {
			if at := slices.Index(found, words[0]); at >= 0 {
				found, checks = slices.Delete(found, at, at+1), slices.Delete(checks, at, at+1)
			} else {
				wrong = append(wrong, fmt.Sprintf("CHECK (%s) of column %q is missing", c.Check, c.Name))
			}
			words = words[1:]
		}
		if c.Default != "" || defaults[c.Name] != "" {
			if words[0] != words[1] {
				wrong = append(wrong, fmt.Sprintf("column %q has %s, want %s", c.Name, evolve.Defaulted(defaults[c.Name]), evolve.Defaulted(c.Default)))
			}
			words = words[2:]
		}
	}
	for _, check := range checks {
		wrong = append(wrong, fmt.Sprintf("CHECK %s was added", check))
	}
	return wrong, nil
}

// inWords returns expressions over a table in the server's words.
func (s *session) inWords(ctx context.Context, table string, expressions []string) ([]string, error) {
	rows, err := s.rows(ctx, "EXPLAIN (VERBOSE, COSTS OFF, FORMAT JSON) SELECT "+strings.Join(expressions, ", ")+" FROM ONLY "+table+" WHERE false")
	if err != nil {
		return nil, err
	}
	var plans []struct{ Plan struct{ Output []string } }
	text := ""
	for _, row := range rows {
		text += row[0] + "\n"
	}
	if err := json.Unmarshal([]byte(text), &plans); err != nil || len(plans) != 1 || len(plans[0].Plan.Output) != len(expressions) {
		return nil, fmt.Errorf("EXPLAIN of %d expressions over %s returned %q: %w", len(expressions), table, text, err)
	}
	return plans[0].Plan.Output, nil
}
