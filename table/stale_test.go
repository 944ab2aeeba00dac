package table_test

import (
	"context"
	"errors"
	"testing"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

type swapped struct {
	A string `db:"a"`
	B string `db:"b"`
}

// madeFor is the binder of swapped as it was when it was generated.
type madeFor struct {
	schema.Binder[swapped]
	fields []string
}

func (m madeFor) Fields() []string { return m.fields }

// A binder whose columns are right and whose Go fields are not is stale too.
func TestStaleFields(t *testing.T) {
	ctx := context.Background()
	s, err := schema.Of[swapped]()
	if err != nil {
		t.Fatal(err)
	}
	b, err := schema.Reflect[swapped](s)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.OpenMemory(ctx, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, test := range []struct {
		fields []string
		want   error
	}{{[]string{"A", "B"}, nil}, {[]string{"B", "A"}, table.ErrStaleBinder}, {[]string{"A"}, table.ErrStaleBinder}} {
		_, err := table.Open(ctx, db, table.Options[swapped]{Binder: madeFor{b, test.fields}})
		if !errors.Is(err, test.want) {
			t.Errorf("fields %v: error is %v, want %v", test.fields, err, test.want)
		}
	}
}

type named string

func (n named) MarshalText() ([]byte, error) { return []byte("text of " + n), nil }

func (n *named) UnmarshalText(text []byte) error { *n = named(text); return nil }

type labeled struct{ Label named }

// labels is the binder of labeled, generated while its type had no MarshalText.
type labels struct {
	schema.Binder[labeled]
	fields []string
}

func (l labels) Fields() []string { return l.fields }

// TestStaleMethod: a binder from before a named type gained MarshalText stores
// another text.
func TestStaleMethod(t *testing.T) {
	ctx := context.Background()
	s, err := schema.Of[labeled]()
	if err != nil {
		t.Fatal(err)
	}
	b, err := schema.Reflect[labeled](s)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.OpenMemory(ctx, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := table.Open(ctx, db, table.Options[labeled]{Binder: labels{b, []string{"Label"}}}); !errors.Is(err, table.ErrStaleBinder) {
		t.Errorf("without MarshalText: error is %v, want ErrStaleBinder", err)
	}
	if _, err := table.Open(ctx, db, table.Options[labeled]{Binder: labels{b, []string{s.Columns()[0].Source()}}}); err != nil {
		t.Errorf("with MarshalText: %v", err)
	}
}
