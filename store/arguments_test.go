package store_test

import (
	"database/sql"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
)

// TestArgumentsPerDialect holds the translation of parameters, on each backend.
func TestArgumentsPerDialect(t *testing.T) {
	ints := []int64{7, 8, 9}
	none := []int64{}
	x, y := sql.Named("x", 1), sql.Named("y", "two")
	for _, c := range []struct {
		text             string
		args             []any
		sqlite, postgres string
		values           []any
		inText           []any // on SQLite, the values in the order of the text
	}{
		{"", nil, "", "", nil, nil},
		{"a = ?", []any{1}, "a = ?", "a = $1", []any{1}, nil},
		{"a=?AND b=?", []any{1, 2}, "a=?AND b=?", "a=$1AND b=$2", []any{1, 2}, nil},
		{"a = $1 OR b = $1 OR c = $2", []any{1, 2}, "a = ?1 OR b = ?1 OR c = ?2", "a = $1 OR b = $1 OR c = $2", []any{1, 2}, nil},
		{"a = $2 AND b = $1", []any{1, 2}, "a = ?2 AND b = ?1", "a = $2 AND b = $1", []any{1, 2}, nil},
		{"a = ?2 AND b = ?1 AND c = ?", []any{1, 2, 3}, "a = ?2 AND b = ?1 AND c = ?3", "a = $2 AND b = $1 AND c = $3", []any{1, 2, 3}, nil},
		{"a IN (?) AND b = ?", []any{ints, 1}, "a IN (?1, ?2, ?3) AND b = ?4", "a IN ($1, $2, $3) AND b = $4", []any{int64(7), int64(8), int64(9), 1}, nil},
		{"b = ? AND a not in ( ? )", []any{1, ints[:1]}, "b = ?1 AND a not in ( ?2 )", "b = $1 AND a not in ( $2 )", []any{1, int64(7)}, nil},
		{"a IN ($2) AND b = $1", []any{1, ints[:2]}, "a IN (?2, ?3) AND b = ?1", "a IN ($2, $3) AND b = $1", []any{1, int64(7), int64(8)}, nil},
		{"a IN (?) AND b = ?", []any{none, 1}, "a IN () AND b = ?1", "a = ANY ('{}') AND b = $1", []any{1}, nil},
		{"b = ? OR a NOT /* any */ IN (? -- of\n) OR c IN (?)", []any{1, none, none}, "b = ?1 OR a NOT /* any */ IN ( -- of\n) OR c IN ()",
			"b = $1 OR a <> ALL ('{}') OR c = ANY ('{}')", []any{1}, nil},
		{"a IN (?)", []any{[]byte("ab")}, "a IN (?)", "a IN ($1)", []any{[]byte("ab")}, nil},
		{"a IN (?, ?)", []any{1, 2}, "a IN (?, ?)", "a IN ($1, $2)", []any{1, 2}, nil},
		{"a = :x AND b = :y OR c = :x", []any{y, x}, "a = :x AND b = :y OR c = :x", "a = $2 AND b = $1 OR c = $2", []any{"two", 1}, []any{1, "two"}},
		{"a = :x AND b = ? AND c = :y", []any{y, 3, x}, "a = :x AND b = ? AND c = :y", "a = $3 AND b = $2 AND c = $1", []any{"two", 3, 1}, []any{1, 3, "two"}},
		{"a IN (:l) OR b IN (:l)", []any{sql.Named("l", ints[:2])}, "a IN (?1, ?2) OR b IN (?1, ?2)", "a IN ($1, $2) OR b IN ($1, $2)", []any{int64(7), int64(8)}, nil},
		{"a = '?' AND \"?\" = 'it''s ?' AND c = ?", []any{1}, "=", "a = '?' AND \"?\" = 'it''s ?' AND c = $1", []any{1}, nil},
		{"a = 1 -- ? :x\n AND /* ? */ b = ? -- ?", []any{1}, "=", "a = 1 -- ? :x\n AND /* ? */ b = $1 -- ?", []any{1}, nil},
		{"a /* ? /* ? */ = ? /* ? */ */", []any{1}, "=", "", nil, nil}, // one comment on SQLite, nested ones on PostgreSQL
		{"a = '\\' AND b = ?", []any{1}, "=", "a = '\\' AND b = $1", []any{1}, nil},
		{"a = e'\\'?''?' AND b = ?", []any{1}, "", "a = e'\\'?''?' AND b = $1", []any{1}, nil},
		{"a = E'x'\n '\\'?' AND b = ?", []any{1}, "", "a = E'x'\n '\\'?' AND b = $1", []any{1}, nil},
		{"name = 'x' AND here'\\' = ?", []any{1}, "=", "name = 'x' AND here'\\' = $1", []any{1}, nil},
		{"a = $$?$$ AND b = $t$ ? $$ ' $t$ AND c = ?", []any{1}, "", "a = $$?$$ AND b = $t$ ? $$ ' $t$ AND c = $1", []any{1}, nil},
		{"[a ?] = ? AND `b ?` = ?", []any{1, 2}, "=", "", nil, nil},
		{"a ?? 'k' AND a ??| b AND c = ?", []any{1}, "", "a ? 'k' AND a ?| b AND c = $1", []any{1}, nil},
		{"a ? 'k' AND a ?? 'l' AND c = $1", []any{1}, "", "a ? 'k' AND a ? 'l' AND c = $1", []any{1}, nil},
		{"a::int = ? AND b[1:2] = c[1:n]", []any{1}, "", "a::int = $1 AND b[1:2] = c[1:n]", []any{1}, nil},
		{"a::int = :x AND b[1:2] = c", []any{x}, "", "a::int = $1 AND b[1:2] = c", []any{1}, nil},
		{"a = ANY (?)", []any{ints}, "", "a = ANY ($1)", []any{ints}, nil},
		{"a$1 = ?", []any{1}, "=", "a$1 = $1", []any{1}, nil},
		{"a = @x AND b = $y", []any{x, y}, "=", "", []any{1, "two"}, nil},
		{"a = @x AND b = $x AND c = ? OR :x = #x OR d = @x", []any{x, "two"}, "=", "", nil, []any{1, 1, "two", 1, 1}},
	} {
		for d, want := range map[schema.Dialect]string{schema.SQLite(): c.sqlite, schema.Postgres(): c.postgres} {
			if want == "" && c.text != "" {
				continue // has another meaning, or none
			}
			if want == "=" {
				want = c.text
			}
			got, values, err := store.Arguments(d, c.text, c.args)
			wantValues := c.values
			if d == schema.SQLite() && c.inText != nil {
				wantValues = c.inText
			}
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%s: %s: %v (-want +got):\n%s", d.Name(), c.text, err, diff)
			} else if diff := cmp.Diff(wantValues, values); diff != "" && c.values != nil {
				t.Errorf("%s: %s: values (-want +got):\n%s", d.Name(), c.text, diff)
			}
		}
	}
}

// TestArgumentsRefused: parameters and arguments that do not fit are an error.
func TestArgumentsRefused(t *testing.T) {
	for _, c := range []struct {
		text             string
		args             []any
		sqlite, postgres string
	}{
		{"a = ?", nil, "has 1 parameter ?, and 0 arguments were given", "write PostgreSQL's operators with a ? as ??"},
		{"a = 1", []any{1}, "has 0 parameters ?, and 1 argument was given", "has 0 parameters ?, and 1 argument was given"},
		{"a = ?3", []any{1, 2}, "has 3 parameters ?, and 2", "has 3 parameters ?, and 2"},
		{"a = $0", []any{1}, "no parameter $0", "no parameter $0"},
		{"a = ?99999999999999999999", []any{1}, "no parameter ?99999999999999999999", "no parameter ?99999999999999999999"},
		{"a = :x", []any{sql.Named("y", 1)}, `the parameter :x; pass sql.Named("x", value)`, `the parameter :x; pass sql.Named("x", value)`},
		{"a = :x", nil, "the parameter :x", ""},
		{"a = ?", []any{1, sql.Named("y", 1)}, "no parameter :y", "no parameter :y"},
		{"a = :x", []any{sql.Named("x", 1), sql.Named("x", 1)}, `two arguments are named "x"`, `two arguments are named "x"`},
		{"a = ?", []any{[]int{1}}, "a slice fits only IN (?)", ""},
		{"a IN (?, 3)", []any{[]int{1}}, "a slice fits only IN (?)", ""},
		{"a IN (?1) AND b = ?1", []any{[]int{1}}, "a slice fits only IN (?)", "a slice fits only IN (?)"},
		{"a IN (?)", []any{make([]int, 70_000)}, "sqlite takes 32766", "postgres takes 65535"},
	} {
		for d, want := range map[schema.Dialect]string{schema.SQLite(): c.sqlite, schema.Postgres(): c.postgres} {
			_, _, err := store.Arguments(d, c.text, c.args)
			if want == "" {
				if err != nil {
					t.Errorf("%s: %s: %v", d.Name(), c.text, err)
				}
			} else if !errors.Is(err, store.ErrQuery) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %s: error is %v, want %q", d.Name(), c.text, err, want)
			}
		}
	}
}

// FuzzArguments asks SQLite how many parameters a translated text has.
func FuzzArguments(f *testing.F) {
	for _, text := range []string{"SELECT ?, '?', \"?\"", "SELECT :a, ?, $1 -- ?\n, [?], `?`, x'00' /* ? */", "?3 IN (?1)", "SELECT #a, @a, $a", "SELECT :a, @a + $a", "SELECT $a, $a::a, :a(a)", "E'\\'?' $$ ?? $$ ::"} {
		f.Add(text, uint8(2))
	}
	db, err := sqlite.OpenMemory(f.Context(), sqlite.Options{})
	if err != nil {
		f.Fatal(err)
	}
	defer db.Close()
	s, err := schema.New("r", []schema.Column{{Name: "n", Type: schema.Int64}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string, args uint8) {
		named := []any{sql.Named("a", 1)}
		list := []any{[]int{1, 2}}
		for range args % 5 {
			list = append(list, 1)
		}
		for _, args := range [][]any{nil, list[1:], list, append(named, list[1:]...)} {
			if _, _, err := store.Arguments(schema.Postgres(), text, args); err != nil && !errors.Is(err, store.ErrQuery) {
				t.Fatal(err)
			}
			sql, values, err := store.Arguments(schema.SQLite(), text, args)
			if err != nil {
				continue
			}
			err = db.Query(t.Context(), store.Select{Schema: s, SQL: sql, Args: values, ByPosition: true},
				func(schema.Reader) (bool, error) { return false, nil })
			if err != nil && strings.Contains(err.Error(), "arguments were given") {
				t.Fatalf("%q with %v is %q with %v: %v", text, args, sql, values, err)
			}
		}
	})
}
