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
	var kinds []schema.ChangeKind
	for _, c := range mismatch.Changes {
		kinds = append(kinds, c.Kind)
	}
	if want := []schema.ChangeKind{1, 1, 1, 1, 1, 1, schema.IndexAdded}; !cmp.Equal(want, kinds) {
		t.Errorf("changes are %v, want six columns and an index", mismatch.Changes)
	}
	if diff := cmp.Diff(columnsOf[before](t), describe(t, b, "before")); diff != "" {
		t.Errorf("columns after a mismatch (-want +got):\n%s", diff)
	}
	want(t, tab.View, rows)
	// The order of the columns is no difference.
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
	// And opening anew, strictly, finds nothing to do.
	openTable(t, b, table.Options[afterAdditive]{Name: "t"})
}

// additiveRefused are changes that Additive does not make: the table is as it
// was.
func (s Suite) additiveRefused(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[before]{})
	rows := []before{{1, "a", 10, nil}}
	if err := tab.Append(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	type narrowed struct {
		N    int64
		Name string `db:",index"`
		Size int16
		Note *string `db:",check=length(note) < 10"`
	}
	type dropped struct {
		N    int64
		Name string  `db:",index"`
		Note *string `db:",check=length(note) < 10"`
	}
	type required struct {
		N     int64
		Name  string `db:",index"`
		Size  int32
		Note  *string `db:",check=length(note) < 10"`
		Extra int64
	}
	type otherType struct {
		N    int64
		Name []byte `db:",index"`
		Size int32
		Note *string `db:",check=length(note) < 10"`
	}
	open := map[string]func() error{
		"narrowed":             func() error { return openError[narrowed](t, b, "before", store.Additive) },
		"dropped, not null":    func() error { return openError[dropped](t, b, "before", store.Additive) },
		"new, without default": func() error { return openError[required](t, b, "before", store.Additive) },
		"another type":         func() error { return openError[otherType](t, b, "before", store.Additive) },
	}
	for name, open := range open {
		var mismatch *store.MismatchError
		if err := open(); !errors.As(err, &mismatch) || len(mismatch.Changes) != 1 {
			t.Errorf("%s: error is %v, want a *store.MismatchError of one change", name, err)
		}
	}
	if diff := cmp.Diff(columnsOf[before](t), describe(t, b, "before")); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	want(t, tab.View, rows)
}

func openError[T any](t *testing.T, b store.Backend, name string, how store.Evolution) error {
	_, err := table.Open(t.Context(), b, table.Options[T]{Name: name, Evolve: how})
	return err
}

type rebuildBefore struct {
	ID    int32  `db:",key"`
	Name  string `db:",unique"`
	Size  int32  `db:",check=size >= 0"`
	Share float64
	Gone  string `db:",index"`
	Maybe *int64
	At    time.Time
}

type rebuildAfter struct {
	N     int64     `db:",key,was=id"`
	Name  string    `db:",key"`
	Size  int64     `db:",check=size >= 5,default=7"`
	Share float32   `db:",index"`
	Maybe int64     `db:",unique=m"`
	At    time.Time `db:",time=s"`
	Added *string
}

// rebuild changes types, rules and the key of a table with rows.
func (s Suite) rebuild(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[rebuildBefore]{Name: "t"})
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	err := tab.Append(t.Context(), []rebuildBefore{{1, "a", 10, 0.5, "x", ptr(int64(5)), at}, {2, "b", 20, -2.25, "y", ptr(int64(6)), at}})
	if err != nil {
		t.Fatal(err)
	}
	after := openTable(t, b, table.Options[rebuildAfter]{Name: "t", Evolve: store.Rebuild})
	rows := []rebuildAfter{{1, "a", 10, 0.5, 5, at, nil}, {2, "b", 20, -2.25, 6, at, nil}}
	want(t, after.View, rows)
	if diff := cmp.Diff(columnsOf[rebuildAfter](t), describe(t, b, "t")); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	// The new rules hold, the old ones no longer.
	more := rebuildAfter{1, "b", 6, 0, 7, at, ptr("z")}
	if err := after.Append(t.Context(), []rebuildAfter{more}); err != nil {
		t.Errorf("a row that the old key refuses: %v", err)
	}
	for name, row := range map[string]rebuildAfter{
		"key": {2, "b", 10, 0, 8, at, nil}, "check": {3, "c", 4, 0, 8, at, nil}, "unique": {4, "d", 10, 0, 5, at, nil},
	} {
		if err := after.Append(t.Context(), []rebuildAfter{row}); !errors.Is(err, store.ErrConstraint) {
			t.Errorf("%s: error is %v, want store.ErrConstraint", name, err)
		}
	}
	got := collect(t, after.Where(t.Context(), "", table.OrderBy("n, name")))
	if diff := cmp.Diff([]rebuildAfter{rows[0], more, rows[1]}, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// rebuildRefused are values that do not fit the new types: the table is as it
// was.
func (s Suite) rebuildRefused(t *testing.T) {
	b := s.Open(t)
	type small struct {
		N int8
		X float64
	}
	type whole struct {
		N int64
		X int64
	}
	type needed struct {
		N int64
		X float64
		Y int64
	}
	type otherwise struct {
		N int64
		X string
	}
	type was struct {
		N int64
		X float64
	}
	tab := openTable(t, b, table.Options[was]{Name: "t"})
	rows := []was{{1, 1}, {200, 2.5}}
	if err := tab.Append(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		err  error
		kind error
	}{
		"out of range": {openError[small](t, b, "t", store.Rebuild), schema.ErrOverflow},
		"not whole":    {openError[whole](t, b, "t", store.Rebuild), schema.ErrOverflow},
		"no default":   {openError[needed](t, b, "t", store.Rebuild), nil},
		"text":         {openError[otherwise](t, b, "t", store.Rebuild), nil},
	} {
		var mismatch *store.MismatchError
		if c.kind != nil && !errors.Is(c.err, c.kind) {
			t.Errorf("%s: error is %v, want %q", name, c.err, c.kind)
		}
		if c.kind == nil && !errors.As(c.err, &mismatch) && !errors.Is(c.err, schema.ErrOverflow) {
			t.Errorf("%s: error is %v, want a *store.MismatchError or schema.ErrOverflow", name, c.err)
		}
		if diff := cmp.Diff(columnsOf[was](t), describe(t, b, "t")); diff != "" {
			t.Errorf("%s: columns (-want +got):\n%s", name, diff)
		}
		want(t, tab.View, rows)
	}
}
