package storetest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// The versions of the struct before, each with another change.
type (
	beforeNarrow struct {
		N    int64
		Name string `db:",index"`
		Size int16
		Note *string `db:",check=length(note) < 10"`
	}
	beforeDropped struct {
		N    int64
		Name string  `db:",index"`
		Note *string `db:",check=length(note) < 10"`
	}
	beforeRequired struct {
		N     int64
		Name  string `db:",index"`
		Size  int32
		Note  *string `db:",check=length(note) < 10"`
		Atlas string
	}
	beforeBytes struct {
		N    int64
		Name []byte `db:",index"`
		Size int32
		Note *string `db:",check=length(note) < 10"`
	}
	beforeNoNull struct {
		N    int64
		Name string `db:",index"`
		Size int32
		Note string `db:",check=length(note) < 10"`
	}
	beforeMore struct {
		N     int64
		Name  string  `db:",index"`
		Size  int32   `db:",index"`
		Note  *string `db:",check=length(note) < 10"`
		Atlas string  `db:",default='aparc',index=place"`
		Hemi  *string
	}
	beforeRenamed struct {
		N     int64
		Label string `db:",was=name,index=name"`
		Size  int32
		Note  *string `db:",check=length(note) < 10"`
	}
	beforeKey struct {
		N    int64  `db:",key"`
		Name string `db:",index"`
		Size int32
		Note *string `db:",check=length(note) < 10"`
	}
	beforeOther struct {
		N     int64
		Name  *string `db:",index"`
		Size  string
		Extra int64
	}
)

func openAs[T any](how store.Evolution) func(context.Context, store.Backend) error {
	return func(ctx context.Context, b store.Backend) error {
		_, err := table.Open(ctx, b, table.Options[T]{Name: "before", Evolve: how})
		return err
	}
}

// ensureRefused are changes that a policy does not make: the error names the
// table, and column, have and want of each, and the table is as it was.
func (s Suite) ensureRefused(t *testing.T) {
	const added, strict = schema.Added, store.Strict
	refused := map[string]struct {
		open func(context.Context, store.Backend) error
		want []schema.Change // without SQL and Risk
	}{
		"narrowed type": {openAs[beforeNarrow](store.Additive),
			[]schema.Change{{Kind: schema.Narrowed, Column: "size", Want: "int16", Have: "int32"}}},
		"dropped, not null": {openAs[beforeDropped](store.Additive),
			[]schema.Change{{Kind: schema.Dropped, Column: "size", Have: "int32"}}},
		"new, without a default": {openAs[beforeRequired](store.Additive),
			[]schema.Change{{Kind: added, Column: "atlas", Want: "text"}}},
		"another type": {openAs[beforeBytes](store.Additive),
			[]schema.Change{{Kind: schema.Narrowed, Column: "name", Want: "blob index=name", Have: "text index=name"}}},
		"no longer NULL": {openAs[beforeNoNull](store.Additive),
			[]schema.Change{{Kind: schema.NullChanged, Column: "note", Want: `text check="length(note) < 10"`, Have: `text null check="length(note) < 10"`}}},
		"anything, strictly": {openAs[beforeMore](strict), []schema.Change{
			{Kind: added, Column: "atlas", Want: `text index=place default="'aparc'"`},
			{Kind: added, Column: "hemi", Want: "text null"},
			{Kind: schema.IndexAdded, Want: "size (size)", Group: schema.Group{Name: "size", Columns: []string{"size"}}},
			{Kind: schema.IndexAdded, Want: "place (atlas)", Group: schema.Group{Name: "place", Columns: []string{"atlas"}}}}},
		"a rename, strictly": {openAs[beforeRenamed](strict),
			[]schema.Change{{Kind: schema.Renamed, Column: "label", Want: "label", Have: "name"}}},
		"all at once, strictly": {openAs[beforeOther](strict), []schema.Change{
			{Kind: added, Column: "extra", Want: "int64"},
			{Kind: schema.NullChanged, Column: "name", Want: "text null index=name", Have: "text index=name"},
			{Kind: schema.Narrowed, Column: "size", Want: "text", Have: "int32"},
			{Kind: schema.Dropped, Column: "note", Have: `text null check="length(note) < 10"`}}},
	}
	if !s.NoKeys {
		refused["a key"] = struct {
			open func(context.Context, store.Backend) error
			want []schema.Change
		}{openAs[beforeKey](store.Additive), []schema.Change{{Kind: schema.KeyChanged, Want: "n"}}}
	}
	b := s.Open(t)
	tab := openTable(t, b, table.Options[before]{})
	rows := []before{{1, "a", 10, nil}, {2, "b", 1 << 30, new(string)}}
	if err := tab.Append(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	for name, c := range refused {
		t.Run(name, func(t *testing.T) {
			err := c.open(t.Context(), b)
			var mismatch *store.MismatchError
			if !errors.As(err, &mismatch) {
				t.Fatalf("error is %v, want a *store.MismatchError", err)
			}
			if mismatch.Table != "before" || mismatch.Path == "" {
				t.Errorf("the error names table %q in %q", mismatch.Table, mismatch.Path)
			}
			var got []schema.Change
			for _, change := range mismatch.Changes {
				for _, text := range []string{change.Column, change.Want, change.Have} {
					if !strings.Contains(err.Error(), text) {
						t.Errorf("%q is not in the message: %v", text, err)
					}
				}
				change.SQL, change.Risk = "", 0
				got = append(got, change)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(columnsOf[before](t), describe(t, b, "before")); diff != "" {
				t.Errorf("columns (-want +got):\n%s", diff)
			}
			want(t, tab.View, rows)
		})
	}
}

// history holds that each change of a table is written down, with the
// fingerprint that the table has from then on.
func (s Suite) history(t *testing.T) {
	b := s.Open(t)
	for _, open := range []func(context.Context, store.Backend) error{
		openAs[before](store.Strict), openAs[before](store.Additive),
		openAs[beforeMore](store.Additive), openAs[before](store.Additive), openAs[beforeMore](store.Strict),
	} {
		if err := open(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	print := func(s *schema.Schema, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return s.Fingerprint()
	}
	type entry struct{ Fingerprint, Changes string }
	wanted := []entry{
		{print(schema.Of[before]()), "created"},
		{print(schema.Of[beforeMore]()), `column added "atlas": want text index=place default="'aparc'" (safe)` + "\n" +
			`column added "hemi": want text null (safe)` + "\n" +
			`index added: want size (size) (safe)` + "\n" + `index added: want place (atlas) (safe)`},
	}
	if !s.NoKeys {
		if err := openAs[beforeRenamed](store.Rebuild)(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		wanted = append(wanted, entry{print(schema.Of[beforeRenamed]()),
			"index dropped: have size (size) (safe)\nindex dropped: have place (atlas) (safe)\n" +
				`column renamed "label": have name, want label (safe)` + "\n" +
				`column dropped "atlas": have text index=place default="'aparc'" (lossy)` + "\n" +
				`column dropped "hemi": have text null (lossy)`})
	}
	sql := "SELECT fingerprint, changes FROM galley_history WHERE " + b.Dialect().Quote("table") + " = 'before' ORDER BY id"
	got := collect(t, store.Query[entry](t.Context(), b, sql))
	for i := range got {
		got[i].Changes = strings.TrimPrefix(got[i].Changes, "rebuilt\n") // where the table was rewritten
	}
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
	if have := print(b.Describe(t.Context(), "before")); have != wanted[len(wanted)-1].Fingerprint {
		t.Errorf("Describe gives the fingerprint %s, and the history another", have)
	}
}
