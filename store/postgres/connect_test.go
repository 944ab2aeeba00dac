package postgres_test

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/galley-db/galley/internal/pgcluster"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/postgres"
	"github.com/galley-db/galley/table"
)

// database creates a database that is dropped at the end of the test, and
// returns its connection string.
func database(t *testing.T, server, options string, statements ...string) string {
	t.Helper()
	name := namespace(t, server)
	sql(t, server, "CREATE DATABASE "+name+" TEMPLATE template0 "+options)
	for _, s := range statements {
		sql(t, server, fmt.Sprintf(s, name))
	}
	t.Cleanup(func() { sql(t, server, "DROP DATABASE "+name+" WITH (FORCE)") })
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

// TestEncodingOfDatabase refuses databases that cannot hold every text.
func TestEncodingOfDatabase(t *testing.T) {
	testtime.Seconds(t)
	server := pgcluster.URL(t)
	for _, encoding := range []string{"LATIN1", "SQL_ASCII"} {
		for _, readOnly := range []bool{false, true} {
			_, err := postgres.Open(t.Context(), database(t, server, "ENCODING '"+encoding+"' LOCALE 'C'"), postgres.Options{ReadOnly: readOnly})
			if !errors.Is(err, postgres.ErrEncoding) || !strings.Contains(err.Error(), encoding) {
				t.Errorf("%s: error is %v, want postgres.ErrEncoding", encoding, err)
			}
		}
	}
}

// TestSettingsOfDatabase: what a database or a connection string sets does not
// change what texts, keys, names and defaults are.
func TestSettingsOfDatabase(t *testing.T) {
	testtime.Seconds(t)
	server := pgcluster.URL(t)
	plain := func(t *testing.T, statements ...string) string { return database(t, server, "", statements...) }
	for name, at := range map[string]func(t *testing.T) string{
		"client_encoding of the database": func(t *testing.T) string { return plain(t, "ALTER DATABASE %s SET client_encoding TO LATIN1") },
		"client_encoding of the string":   func(t *testing.T) string { return with(plain(t), "client_encoding", "LATIN1") },
		"standard_conforming_strings of the database": func(t *testing.T) string {
			return plain(t, "ALTER DATABASE %s SET standard_conforming_strings TO off")
		},
		"standard_conforming_strings of the string": func(t *testing.T) string { return with(plain(t), "standard_conforming_strings", "off") },
		"search_path of the database":               func(t *testing.T) string { return plain(t, "ALTER DATABASE %s SET search_path TO pg_temp, public") },
		"search_path of the string":                 func(t *testing.T) string { return with(plain(t), "search_path", "public") },
	} {
		t.Run(name, func(t *testing.T) {
			at := at(t)
			db := open(t, at, postgres.Options{Schema: `s\é`})
			type row struct {
				N int64
				S string `db:"s\\t"`
			}
			type wider struct {
				N int64
				S string `db:"s\\t"`
				D string `db:"d,default='C:\\new\\tä'"`
			}
			opened, err := table.Open(t.Context(), db, table.Options[row]{Name: `t\n`})
			if err != nil {
				t.Fatal(err)
			}
			texts := []string{"é", "日本", `a\nb`, "abc"}
			for i, text := range texts {
				for _, want := range []bool{true, false} {
					if applied, err := opened.AppendOnce(t.Context(), text, []row{{int64(i), text}}); applied != want || err != nil {
						t.Errorf("%q: applied is %v, %v, want %v", text, applied, err, want)
					}
				}
			}
			evolved, err := table.Open(t.Context(), db, table.Options[wider]{Name: `t\n`, Evolve: store.Additive})
			if err != nil {
				t.Fatal(err)
			}
			plain, _, _ := strings.Cut(at, "&")
			other := with(with(plain, "client_encoding", "UTF8"), "standard_conforming_strings", "on")
			n := 0
			for r, err := range evolved.All(t.Context()) {
				if want := (wider{r.N, texts[r.N], `C:\new\tä`}); err != nil || r != want {
					t.Errorf("read %+v, %v, want %+v", r, err, want)
				}
				n++
			}
			if n != len(texts) {
				t.Errorf("%d rows, want %d", n, len(texts))
			}
			for i, text := range texts {
				where := fmt.Sprintf(` WHERE "s\t" = convert_from('\x%x', 'UTF8') AND n = %d AND d = convert_from('\x%x', 'UTF8')`, text, i, `C:\new\tä`)
				count := ask[int](t, other, `SELECT count(*) FROM "s\é"."t\n"`+where)
				if count != 1 {
					t.Errorf("another program finds %d rows of %q, want 1", count, text)
				}
			}
		})
	}
}

// TestNamesOfServer: tables may have the names of the server's own, and a
// schema that means something else is refused.
func TestNamesOfServer(t *testing.T) {
	server := pgcluster.URL(t)
	db := open(t, server, postgres.Options{Schema: namespace(t, server)})
	for _, name := range []string{"pg_class", "pg_attribute", "pg_namespace", "pg_constraint", "galley"} {
		type row struct{ N int64 }
		tab, err := table.Open(t.Context(), db, table.Options[row]{Name: name, Quarantine: true})
		if err != nil {
			t.Fatal(err)
		}
		if applied, err := tab.AppendOnce(t.Context(), "k", []row{{7}}); !applied || err != nil {
			t.Errorf("%s: applied is %v, %v", name, applied, err)
		}
		if n, err := tab.Count(t.Context()); n != 1 || err != nil {
			t.Errorf("%s: Count is %d, %v, want 1", name, n, err)
		}
		for r, err := range tab.Where(t.Context(), "n = $1", 7) {
			if r.N != 7 || err != nil {
				t.Errorf("%s: read %+v, %v", name, r, err)
			}
		}
		for r, err := range tab.Rejected(t.Context()) {
			t.Errorf("%s: rejected %+v, %v", name, r, err)
		}
	}
	for _, name := range []string{"$user", "pg_temp", "pg_catalog", "information_schema"} {
		if _, err := postgres.Open(t.Context(), server, postgres.Options{Schema: name}); !errors.Is(err, store.ErrOptions) {
			t.Errorf("Schema %q: error is %v, want store.ErrOptions", name, err)
		}
	}
}
