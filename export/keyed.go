package export

import (
	"errors"
	"fmt"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/schema"
)

// keyed is a stream that is ordered by a key, at a row.
type keyed struct {
	p    *cells.Puller
	key  []int
	name string
	more bool
	last *cells.Chunk // the key of the row before, one row
}

// errOrder is returned by a merge instead of rows put together wrongly.
var errOrder = errors.New("its rows are not in the order of the key: it was changed meanwhile, or the database orders text differently")

// advance goes to the next row. Two rows of one key are a *DuplicateError.
func (k *keyed) advance() error {
	if k.more {
		if k.last == nil {
			columns := make([]schema.Column, len(k.key))
			for i, at := range k.key {
				columns[i] = k.p.Cur.Columns[at]
			}
			s, err := schema.New("key", columns)
			if err != nil {
				return err
			}
			k.last = cells.New(s)
		}
		k.last.Reset()
		for i, at := range k.key {
			k.last.Cells[i].Copy(&k.p.Cur.Cells[at], k.p.Row)
		}
		k.last.Rows = 1
	}
	first := !k.more
	var err error
	if k.more, err = k.p.Step(); err != nil || !k.more || first {
		return err
	}
	for i, at := range k.key {
		switch c := compareCells(&k.last.Cells[i], 0, &k.p.Cur.Cells[at], k.p.Row); {
		case c < 0:
			return nil
		case c > 0:
			return fmt.Errorf("%s: %w", k.name, errOrder)
		}
	}
	return &DuplicateError{Table: k.name, Key: keyText(k.last, 0, len(k.key))}
}

func (k *keyed) compare(o *keyed) int {
	for i, at := range k.key {
		if c := compareCells(&k.p.Cur.Cells[at], k.p.Row, &o.p.Cur.Cells[o.key[i]], o.p.Row); c != 0 {
			return c
		}
	}
	return 0
}
