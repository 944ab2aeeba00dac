package storetest

import (
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

type oldName struct {
	N   int64
	Old string `db:",default=''"`
}

type newName struct {
	N   int64
	New string `db:",was=old,default=''"`
}

type newerName struct {
	N     int64
	Newer string `db:",was=new,default=''"`
}

// bothNames is newerName with a column of its own under the first name.
type bothNames struct {
	N     int64
	Newer string `db:",was=new,default=''"`
	Old   string `db:",default='fresh'"`
}

// oldNames restarts a program from before a rename: it must not add the old
// column again, in which it would find none of the values.
func (s Suite) oldNames(t *testing.T) {
	b := s.Open(t)
	const name = "renamed"
	if err := openTable(t, b, table.Options[oldName]{Name: name}).Append(t.Context(), []oldName{{1, "a"}, {2, "b"}}); err != nil {
		t.Fatal(err)
	}
	refused := func(err error, old, now string) {
		t.Helper()
		mismatch, ok := errors.AsType[*store.MismatchError](err)
		if !ok || !strings.Contains(mismatch.Reason, old) || !strings.Contains(mismatch.Reason, now) {
			t.Errorf("an outdated program: %v, want a *MismatchError that names %s and %s", err, old, now)
		}
	}
	openTable(t, b, table.Options[newName]{Name: name, Evolve: store.Additive})
	for _, how := range []store.Evolution{store.Additive, store.Rebuild} {
		_, err := table.Open(t.Context(), b, table.Options[oldName]{Name: name, Evolve: how})
		refused(err, "old", "new")
	}
	openTable(t, b, table.Options[newerName]{Name: name, Evolve: store.Additive})
	_, err := table.Open(t.Context(), b, table.Options[oldName]{Name: name, Evolve: store.Additive})
	refused(err, "old", "newer")
	_, err = table.Open(t.Context(), b, table.Options[newName]{Name: name, Evolve: store.Additive})
	refused(err, "new", "newer")
	want := []newerName{{1, "a"}, {2, "b"}}
	if diff := cmp.Diff(want, collect(t, openTable(t, b, table.Options[newerName]{Name: name}).All(t.Context()))); diff != "" {
		t.Errorf("rows after the outdated programs (-want +got):\n%s", diff)
	}
	// A program that has both columns means a column of its own.
	both := openTable(t, b, table.Options[bothNames]{Name: name, Evolve: store.Additive})
	if diff := cmp.Diff([]bothNames{{1, "a", "fresh"}, {2, "b", "fresh"}}, collect(t, both.All(t.Context()))); diff != "" {
		t.Errorf("rows with a new column of the old name (-want +got):\n%s", diff)
	}
}

// oldNamesInLines is oldNames with names that have line breaks, as have the lines
// of the history. A text that looks like such a line is not one.
func (s Suite) oldNamesInLines(t *testing.T) {
	b := s.Open(t)
	n := schema.Column{Name: "n", Type: schema.Int64}
	of := func(name, was string) schema.Column {
		return schema.Column{Name: name, Was: was, Type: schema.Text, Default: b.Dialect().Literal("")}
	}
	for i, names := range [][2]string{{"old\nname", "new"}, {"old", "new\nname"}, {"a\n\"b\"", "\"b\"\n"}, {`"a"`, `"a`}, {"x, want y (safe)", "y"}} {
		table := fmt.Sprint("lines", i)
		before, after := mustSchema(t, table, n, of(names[0], "")), mustSchema(t, table, n, of(names[1], names[0]))
		for _, step := range []*schema.Schema{before, after} {
			if err := b.Ensure(t.Context(), step, store.Additive); err != nil {
				t.Fatalf("%q: %v", names, err)
			}
		}
		refused := func(history string) {
			err := b.Ensure(t.Context(), before, store.Additive)
			mismatch, ok := errors.AsType[*store.MismatchError](err)
			if !ok || !strings.Contains(mismatch.Reason, fmt.Sprintf("%q", names[0])) {
				t.Errorf("%s, a program from before %q was renamed to %q: %v, want a *MismatchError", history, names[0], names[1], err)
			}
		}
		refused("history as it is")
		if s.ByHand != nil && !strings.HasPrefix(names[0], `"`) {
			line := fmt.Sprintf("column renamed %q: have %s, want %s (safe)", names[1], names[0], names[1])
			s.ByHand(t, b, "UPDATE galley_history SET changes = "+b.Dialect().Literal(line)+" WHERE changes LIKE 'column renamed%' AND "+
				b.Dialect().Quote("table")+" = "+b.Dialect().Literal(table))
			refused("history without quotes")
		}
	}
	grouped := of("b", "")
	grouped.Index = "x\ncolumn renamed \"b\": have z, want b (safe)\nx"
	for _, columns := range [][]schema.Column{{n}, {n, grouped}, {n, of("z", "")}} {
		if err := b.Ensure(t.Context(), mustSchema(t, "text", columns...), store.Additive); err != nil {
			t.Errorf("a column beside one of the group %q: %v", grouped.Index, err)
		}
	}
}

type twoColumns struct {
	N int64
	A string `db:",default=''"`
	B string `db:",default=''"`
}

type oneColumn struct {
	N int64
	B string `db:",was=a,default=''"`
}

// ambiguous drops a column and gives its name to another one in one step: which
// of the two holds the values is not known.
func (s Suite) ambiguous(t *testing.T) {
	b := s.Open(t)
	const name = "ambiguous"
	want := []twoColumns{{1, "a1", "b1"}, {2, "a2", "b2"}}
	if err := openTable(t, b, table.Options[twoColumns]{Name: name}).Append(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	for _, how := range []store.Evolution{store.Strict, store.Additive, store.Rebuild} {
		_, err := table.Open(t.Context(), b, table.Options[oneColumn]{Name: name, Evolve: how})
		mismatch, ok := errors.AsType[*store.MismatchError](err)
		if !ok || !strings.Contains(mismatch.Reason, "was=a") {
			t.Errorf("evolution %d: %v, want a *MismatchError about was=a", how, err)
		}
	}
	if diff := cmp.Diff(want, collect(t, openTable(t, b, table.Options[twoColumns]{Name: name}).All(t.Context()))); diff != "" {
		t.Errorf("rows after the refusals (-want +got):\n%s", diff)
	}
}

type keyAB struct {
	A int64 `db:",key"`
	B int64 `db:",key"`
	C int64
}

type keyBA struct {
	B int64 `db:",key"`
	A int64 `db:",key"`
	C int64
}

// keyOrder opens a table with the fields of its key in another order, which
// makes no difference to galley's statements.
func (s Suite) keyOrder(t *testing.T) {
	b := s.Open(t)
	const name = "swapped"
	if err := openTable(t, b, table.Options[keyAB]{Name: name}).Append(t.Context(), []keyAB{{1, 2, 3}}); err != nil {
		t.Fatal(err)
	}
	swapped := openTable(t, b, table.Options[keyBA]{Name: name, Evolve: store.Additive})
	if err := swapped.Append(t.Context(), []keyBA{{A: 5, B: 6, C: 7}}); err != nil {
		t.Errorf("append with the key's fields swapped: %v", err)
	}
	if _, err := swapped.Upsert(t.Context(), []keyBA{{A: 1, B: 2, C: 4}}); err != nil {
		t.Errorf("upsert with the key's fields swapped: %v", err)
	}
}

type loneUnique struct {
	N    int64
	Kind string `db:",unique,default='x'"`
}

type withoutUnique struct{ N int64 }

// uniqueDefault writes without a column that is unique and has a default: the
// second row would break the rule.
func (s Suite) uniqueDefault(t *testing.T) {
	b := s.Open(t)
	const name = "lone"
	openTable(t, b, table.Options[loneUnique]{Name: name})
	_, err := table.Open(t.Context(), b, table.Options[withoutUnique]{Name: name, Evolve: store.Additive})
	if _, ok := errors.AsType[*store.MismatchError](err); !ok {
		t.Errorf("a struct without the unique column: %v, want a *MismatchError", err)
	}
}

type withNaN struct {
	N int64
	X float64 `db:",nan=null"`
}

type withNull struct {
	N int64
	X float64 `db:",null"`
}

// lostNaN opens a table whose NaNs are NULL with a struct that reads NULL as 0.
func (s Suite) lostNaN(t *testing.T) {
	b := s.Open(t)
	const name = "nans"
	openTable(t, b, table.Options[withNaN]{Name: name})
	_, err := table.Open(t.Context(), b, table.Options[withNull]{Name: name, Evolve: store.Additive})
	if _, ok := errors.AsType[*store.MismatchError](err); !ok {
		t.Errorf("null where the table says nan=null: %v, want a *MismatchError", err)
	}
	if !s.NoKeys { // those backends do not rebuild
		_, err = table.Open(t.Context(), b, table.Options[withNull]{Name: name, Evolve: store.Rebuild})
		if _, ok := errors.AsType[*store.MismatchError](err); !ok {
			t.Errorf("null where the table says nan=null, with Rebuild: %v, want a *MismatchError", err)
		}
	}
	tab := openTable(t, b, table.Options[withNaN]{Name: name})
	if _, err := table.ViewOf[withNull](tab); err == nil {
		t.Error("a View with null of a column with nan=null: no error, want a *MismatchError")
	}
	if err := tab.Append(t.Context(), []withNaN{{1, math.NaN()}}); err != nil {
		t.Fatal(err)
	}
	pointers, err := table.ViewOf[nilNaN](tab)
	if err != nil {
		t.Fatal(err)
	}
	want(t, pointers, []nilNaN{{N: 1}})
	wrapped, err := table.ViewOf[sqlNaN](tab)
	if err != nil {
		t.Fatal(err)
	}
	want(t, wrapped, []sqlNaN{{N: 1}})
	// The table keeps its nan=null for the programs that need it.
	additive := openTable(t, b, table.Options[nilNaN]{Name: name, Evolve: store.Additive})
	want(t, additive.View, []nilNaN{{N: 1}})
	if _, err := table.ViewOf[withNull](openTable(t, b, table.Options[withNaN]{Name: name})); err == nil {
		t.Error("after Open with a pointer, a View with null: no error, want a *MismatchError")
	}
}

type nilNaN struct {
	N int64
	X *float64
}

type sqlNaN struct {
	N int64
	X sql.Null[float64]
}

type address []byte

func (a address) MarshalText() ([]byte, error) { return append([]byte("a"), a...), nil }

func (a *address) UnmarshalText(text []byte) error {
	*a = append(address{}, text[1:]...)
	return nil
}

type nilText struct {
	A address `db:",null"`
}

// nilMarshaler stores a nil slice that has MarshalText as NULL, as every other
// nil in a column with null.
func (s Suite) nilMarshaler(t *testing.T) {
	b := s.Open(t)
	const name = "addresses"
	tab := openTable(t, b, table.Options[nilText]{Name: name})
	want := []nilText{{nil}, {address("b")}, {address{}}}
	if err := tab.Append(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, collect(t, tab.All(t.Context()))); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	type count struct{ N int64 }
	if got := collect(t, store.Query[count](t.Context(), b, "SELECT count(*) AS n FROM addresses WHERE a IS NULL")); got[0].N != 1 {
		t.Errorf("%d rows are NULL, want 1", got[0].N)
	}
}

type shortDefault struct {
	N int64
	F float32 `db:",default=0.1"`
}

// roundedDefault gives old rows the default that a float32 has.
func (s Suite) roundedDefault(t *testing.T) {
	b := s.Open(t)
	const name = "floats"
	if err := openTable(t, b, table.Options[withoutUnique]{Name: name}).Append(t.Context(), []withoutUnique{{1}}); err != nil {
		t.Fatal(err)
	}
	tab := openTable(t, b, table.Options[shortDefault]{Name: name, Evolve: store.Additive})
	if err := tab.Append(t.Context(), []shortDefault{{2, 0.1}}); err != nil {
		t.Fatal(err)
	}
	type count struct{ N int64 }
	if got := collect(t, store.Query[count](t.Context(), b, "SELECT count(DISTINCT f) AS n FROM floats")); got[0].N != 1 {
		t.Errorf("the default and a stored 0.1 are %d values, want 1", got[0].N)
	}
}
