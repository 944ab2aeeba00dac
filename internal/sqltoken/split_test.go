package sqltoken

import (
	"strings"
	"testing"
)

// TestSplit has the tokens of each text, with the first letter of their kinds, on
// SQLite and on PostgreSQL; one line holds for both.
func TestSplit(t *testing.T) {
	for _, c := range []struct{ sql, sqlite, postgres string }{
		{"a>=1", "Wa S> S= N1", ""},
		{"1 1.5 1. .5 1e5 1E-5 1.5e+10 0x1F 1_000", "N1 N1.5 N1. N.5 N1e5 N1E-5 N1.5e+10 N0x1F N1_000", ""},
		{"1-5 1e-x 0x1e+5 2e", "N1 S- N5 N1e S- Wx N0x1e S+ N5 N2e", ""},
		{"a.5b t.c", "Wa N.5b Wt S. Wc", ""},
		{`'it''s' "a""b" ''`, `T'it''s' M"a""b" T''`, ""},
		{"'a' 'b'", "T'a' T'b'", ""},
		{"`d``e` [f g]", "M`d``e` M[f g]", "S` Wd S` S` We S` S[ Wf Wg S]"},
		{"x'00' X''", "Tx'00' TX''", ""},
		{`E'\' e`, `WE T'\' We`, `TE'\' e`},
		{"E'a\\'b' 'c\\'", "WE T'a\\' Wb T' ' Wc S\\ T'", "TE'a\\'b' T'c\\'"},
		{"n'x' b'01' tn'x'", "Wn T'x' Wb T'01' Wtn T'x'", "Tn'x' Tb'01' Wtn T'x'"},
		{"$$ ? '$$ $t$ $$ $t$", "P$$ P? T'$$ $t$ $$ $t$", "T$$ ? '$$ T$t$ $$ $t$"},
		{"a -- 'b\nc /* ' */ d", "Wa Wc Wd", ""},
		{"/* /* */ e */ f", "We S* S/ Wf", "Wf"},
		{"? ?12 ?? :x a::b", "P? P?12 P? P? P:x Wa S:: Wb", "P? P?12 D?? P:x Wa S:: Wb"},
		{"$1 @x b[1:2] b[1:n]", "P$1 P@x Wb M[1:2] Wb M[1:n]", "P$1 S@ Wx Wb S[ N1 S: N2 S] Wb S[ N1 P:n S]"},
		{"#x a#b # c", "P#x Wa P#b S# Wc", "S# Wx Wa S# Wb S# Wc"},
		{"#$% $x::y $a::b(c) @x$y :a(b c) @a::(c", "P#$ S% P$x::y P$a::b(c) P@x$y P:a S( Wb Wc S) P@a:: S( Wc", "S# S$ S% S$x S:: Wy S$a S:: Wb S( Wc S) S@ Wx$y P:a S( Wb Wc S) S@ Wa S:: S( Wc"},
		{"ä$1 Äb", "Wä$1 WÄb", ""},
		{"'open", "T'open", ""},
		{"\"open", "M\"open", ""},
		{"/* open", "", ""},
	} {
		for dialect, tokens := range map[string][]Token{"SQLite": SQLite(c.sql), "PostgreSQL": Postgres(c.sql)} {
			want := c.sqlite
			if dialect == "PostgreSQL" && c.postgres != "" {
				want = c.postgres
			}
			var got []string
			for _, token := range tokens {
				got = append(got, string("?WNMTPDS"[token.Kind])+token.Text)
				if c.sql[token.Begin:token.End()] != token.Text {
					t.Errorf("%s: %q is not at %d of %q", dialect, token.Text, token.Begin, c.sql)
				}
			}
			if got := strings.Join(got, " "); got != want {
				t.Errorf("%s: %q is %s, want %s", dialect, c.sql, got, want)
			}
		}
	}
}

func TestPlain(t *testing.T) {
	for sql, want := range map[string]string{`"a""b"`: `a"b`, "`a``b`": "a`b", "[a b]": "a b", `""`: "", `'a''b'`: `'a''b'`, "a": "a", `"`: `"`} {
		if got := SQLite(sql)[0].Plain(); got != want {
			t.Errorf("%s is %q, want %q", sql, got, want)
		}
	}
}

func TestSign(t *testing.T) {
	for _, sql := range []string{`"("`, "[(]", "'('"} {
		if SQLite(sql)[0].IsSign("(") || SQLite(sql)[0].Is("(") {
			t.Errorf("%s is taken for a parenthesis", sql)
		}
	}
	if !SQLite("(")[0].IsSign("(") {
		t.Error("( is not a sign")
	}
}
