package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

type before struct {
	N    int64
	Name string `db:",index"`
	Size int32
	Note *string `db:",check=length(note) < 10"`
}

// afterAdditive is before with what Additive adds.
type afterAdditive struct {
	N     int64
	Name  string `db:",index"`
	Size  int32
	Note  *string `db:",check=length(note) < 10"`
	When  *time.Time
	Kind  string    `db:",default='a''b'"`
	Score float64   `db:",default=1.5"`
	Good  bool      `db:",default=TRUE"`
	Since time.Time `db:",default=1000000"`
	Raw   []byte    `db:",default=X'00ff',index=raw"`
}

// describe is a table's columns as the backend has them.
func describe(t testing.TB, b store.Backend, name string) []string {
	t.Helper()
	s, err := b.Describe(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	if s == nil {
		return nil
	}
	var lines []string
	for _, c := range s.Columns() {
		lines = append(lines, c.Name+" "+c.Spec())
	}
	return lines
}

func columnsOf[T any](t testing.TB) []string {
	t.Helper()
	s, err := schema.Of[T]()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, c := range s.Columns() {
		lines = append(lines, c.Name+" "+c.Spec())
	}
	return lines
}

// ensure creates a table, finds it again, and says what differs in another.
func (s Suite) ensure(t *testing.T) {
	b := s.Open(t)
	if got := describe(t, b, "before"); got != nil {
		t.Errorf("a table that is not there is described: %v", got)
	}
	tab := openTable(t, b, table.Options[before]{})
	openTable(t, b, table.Options[before]{Evolve: store.Additive})
	if diff := cmp.Diff(columnsOf[before](t), describe(t, b, "before")); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	rows := []before{{1, "a", 2, nil}, {2, "b", 3, ptr("short")}}
	if err := tab.Append(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	_, err := table.Open(t.Context(), b, table.Options[afterAdditive]{Name: "before"})
	var mismatch *store.MismatchError
	if !errors.As(err, &mismatch) {
		t.Fatalf("error is %v, want a *store.MismatchError", err)
	}
	kinds := map[schema.ChangeKind]int{}
	for _, c := range mismatch.Changes {
		kinds[c.Kind]++
	}
	if diff := cmp.Diff(map[schema.ChangeKind]int{schema.Added: 6, schema.IndexAdded: 1}, kinds); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(columnsOf[before](t), describe(t, b, "before")); diff != "" {
		t.Errorf("columns after a mismatch (-want +got):\n%s", diff)
	}
	want(t, tab.View, rows)
	// The order of the columns does not matter.
	type turned struct {
		Note *string `db:",check=length(note) < 10"`
		Size int32
		Name string `db:",index"`
		N    int64
	}
	other := openTable(t, b, table.Options[turned]{Name: "before"})
	if err := other.Append(t.Context(), []turned{{nil, 9, "c", 3}}); err != nil {
		t.Fatal(err)
	}
	want(t, tab.View, append(rows, before{3, "c", 9, nil}))
}

// ensureForeign finds something of the table's name that galley did not make.
func (s Suite) ensureForeign(t *testing.T) {
	b := s.Open(t)
	_, err := table.Open(t.Context(), b, table.Options[before]{Name: "galley_columns"})
	var mismatch *store.MismatchError
	var name *schema.NameError
	if !errors.As(err, &mismatch) && !errors.As(err, &name) {
		t.Errorf("a table over galley's own: error is %v, want a *store.MismatchError or a *schema.NameError", err)
	}
}

// additive adds columns and an index to a table with rows, while an older
// writer goes on.
func (s Suite) additive(t *testing.T) {
	b := s.Open(t)
	old := openTable(t, b, table.Options[before]{Name: "t"})
	if err := old.Append(t.Context(), []before{{1, "a", 10, nil}}); err != nil {
		t.Fatal(err)
	}
	tab := openTable(t, b, table.Options[afterAdditive]{Name: "t", Evolve: store.Additive})
	if err := old.Append(t.Context(), []before{{2, "b", 20, ptr("x")}}); err != nil {
		t.Errorf("the older writer: %v", err)
	}
	at := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	row := afterAdditive{3, "c", 30, nil, &at, "k", 2, false, at, []byte{}}
	if err := tab.Append(t.Context(), []afterAdditive{row}); err != nil {
		t.Fatal(err)
	}
	second := time.Unix(1, 0).UTC()
	rows := []afterAdditive{
		{1, "a", 10, nil, nil, "a'b", 1.5, true, second, []byte{0, 0xff}},
		{2, "b", 20, ptr("x"), nil, "a'b", 1.5, true, second, []byte{0, 0xff}},
		row,
	}
	want(t, tab.View, rows)
	// An older struct finds its table, with columns beyond its own.
	openTable(t, b, table.Options[before]{Name: "t", Evolve: store.Additive})
	if diff := cmp.Diff(columnsOf[afterAdditive](t), describe(t, b, "t")); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	// Opening again with Strict finds no difference.
	openTable(t, b, table.Options[afterAdditive]{Name: "t"})
}
