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
