package cells

import (
	"context"
	"errors"
	"testing"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// shards answers a query with one number for each of several servers, as a router does.
type shards struct {
	store.Backend
	counts []int64
}

func (s shards) Dialect() schema.Dialect { return schema.Postgres() }

func (s shards) Query(_ context.Context, _ store.Select, row func(schema.Reader) (bool, error)) error {
	for _, n := range s.counts {
		if more, err := row(number{n: n}); err != nil || !more {
			return err
		}
	}
	return nil
}

// number is a row of one number.
type number struct {
	schema.Reader
	n int64
}

func (r number) Int64(int) int64 { return r.n }

// TestCountOfShards: a count that comes in several rows is an error, not one of them.
func TestCountOfShards(t *testing.T) {
	if n, err := Count(t.Context(), shards{counts: []int64{7}}, "t", "", nil); n != 7 || err != nil {
		t.Errorf("one row: %d, %v", n, err)
	}
	for _, counts := range [][]int64{{2400, 2600}, {0, 0}} {
		if n, err := Count(t.Context(), shards{counts: counts}, "t", "", nil); !errors.Is(err, store.ErrManyRows) {
			t.Errorf("rows %v: %d, %v; want ErrManyRows", counts, n, err)
		}
	}
}
