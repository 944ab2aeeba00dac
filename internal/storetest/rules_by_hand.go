package storetest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

type ruled struct {
	N    int64   `db:",key"`
	Code string  `db:",unique"`
	A    int64   `db:",unique=pair,default=7"`
	B    string  `db:",unique=pair,default='it''s'"`
	X    float32 `db:",default=0.1,check=x >= 0 AND \"b\" <> 'X  y'"`
	Size int64   `db:",check=size BETWEEN 1 AND 9 OR a IN (1,2)"`
	Good bool    `db:",default=1"`
}

// ruledMore is ruled with a column that Additive adds.
type ruledMore struct {
	ruled
	More *string
}

// rulesByHand has another program create a table again with other rules: a CHECK,
// UNIQUE, PRIMARY KEY or DEFAULT that was dropped, changed or added. The table is
// refused until its rules are as they were.
func (s Suite) rulesByHand(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[ruled]{Name: "t"})
	edit := func(name string, do func(*schema.Column)) []schema.Column {
		columns := slices.Clone(tab.Schema().Columns())
		i, _ := tab.Schema().Column(name)
		do(&columns[i])
		return columns
	}
	again := func(columns []schema.Column) {
		t.Helper()
		s.ByHand(t, b, append([]string{"DROP TABLE t"}, mustSchema(t, "t", columns...).CreateTable(b.Dialect())...)...)
	}
	for says, columns := range map[string][]schema.Column{
		"UNIQUE (code)":  edit("code", func(c *schema.Column) { c.Unique = "" }),
		"UNIQUE (a, b)":  edit("a", func(c *schema.Column) { c.Unique = "" }),
		"UNIQUE (size)":  edit("size", func(c *schema.Column) { c.Unique = "size" }),
		"PRIMARY KEY":    edit("n", func(c *schema.Column) { c.Key = false }),
		`"size"`:         edit("size", func(c *schema.Column) { c.Check = "size BETWEEN 1 AND 8 OR a IN (1,2)" }),
		"CHECK":          edit("size", func(c *schema.Column) { c.Check = "" }),
		`CHECK (x >= 0`:  edit("x", func(c *schema.Column) { c.Check = "x >= 0 AND b <> 'X y'" }),
		"CHECK (":        edit("code", func(c *schema.Column) { c.Check = "code <> ''" }),
		`column "a"`:     edit("a", func(c *schema.Column) { c.Default = "" }),
		`column "b" has`: edit("b", func(c *schema.Column) { c.Default = "'its'" }),
		`column "x" has`: edit("x", func(c *schema.Column) { c.Default = "0.5" }),
		`"good"`:         edit("good", func(c *schema.Column) { c.Default = "0" }),
		`column "size"`:  edit("size", func(c *schema.Column) { c.Default = "3" }),
	} {
		again(columns)
		refused := func(what string, err error) {
			t.Helper()
			mismatch, ok := errors.AsType[*store.MismatchError](err)
			if !ok || !strings.Contains(mismatch.Reason, says) || !strings.Contains(mismatch.Reason, "undo that") {
				t.Errorf("%s: %s: error is %v, want a *store.MismatchError that names it and says what to do", says, what, err)
			}
		}
		for _, how := range []store.Evolution{store.Strict, store.Additive, store.Rebuild} {
			_, err := table.Open(t.Context(), b, table.Options[ruled]{Name: "t", Evolve: how})
			refused("Open "+how.String(), err)
		}
		for _, how := range []store.Evolution{store.Additive, store.Rebuild} {
			_, err := table.Open(t.Context(), b, table.Options[ruledMore]{Name: "t", Evolve: how})
			refused("a change, "+how.String(), err)
		}
		again(tab.Schema().Columns())
		openTable(t, b, table.Options[ruled]{Name: "t"})
	}
	// The same rules in other words, and an index, are not a change.
	same := edit("x", func(c *schema.Column) { c.Check = "X>=0\tand b<>'X  y'" })
	again(same)
	s.ByHand(t, b, "CREATE INDEX mine ON t (size)", "CREATE UNIQUE INDEX mine2 ON t (size, n)")
	row := ruled{N: 1, Code: "c", A: 1, B: "b", Size: 2, Good: true}
	if err := openTable(t, b, table.Options[ruledMore]{Name: "t", Evolve: store.Additive}).Append(t.Context(), []ruledMore{{ruled: row}}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]ruled{row}, collect(t, openTable(t, b, table.Options[ruled]{Name: "t", Evolve: store.Additive}).All(t.Context()))); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

type checkedOther struct {
	N   int64 `db:",default=0"`
	Top int64 `db:",default=9,check=top >= n"`
}

type checkedRenamed struct {
	Low int64 `db:",was=n,default=0"`
	Top int64 `db:",default=9,check=top >= low"`
}

// checkOfRenamed opens tables whose CHECK names a column that a change has renamed.
func (s Suite) checkOfRenamed(t *testing.T) {
	b := s.Open(t)
	openTable(t, b, table.Options[checkedOther]{Name: "t"})
	for _, how := range []store.Evolution{store.Rebuild, store.Strict, store.Additive} {
		openTable(t, b, table.Options[checkedRenamed]{Name: "t", Evolve: how})
	}
}
