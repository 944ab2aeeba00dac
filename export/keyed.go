package export

import (
	"errors"
	"fmt"

	"github.com/galley-db/galley/schema"
)

// keyed is a stream that is ordered by a key, at a row.
type keyed struct {
	p    *puller
	key  []int
	name string
	more bool
	last *chunk // the key of the row before, one row
}

// errOrder is returned by a merge instead of rows put together wrongly.
var errOrder = errors.New("its rows came in another order than that of the key: it changed meanwhile, or the database orders its text differently")

// advance goes to the next row. Two rows of one key are a *DuplicateError.
func (k *keyed) advance() error {
	if k.more {
		if k.last == nil {
			columns := make([]schema.Column, len(k.key))
			for i, at := range k.key {
				columns[i] = k.p.cur.columns[at]
			}
			s, err := schema.New("key", columns)
			if err != nil {
				return err
			}
			k.last = newChunk(s)
		}
		k.last.reset()
		for i, at := range k.key {
			k.last.cells[i].copy(&k.p.cur.cells[at], k.p.row)
		}
		k.last.rows = 1
	}
	first := !k.more
	var err error
	if k.more, err = k.p.step(); err != nil || !k.more || first {
		return err
	}
	for i, at := range k.key {
		switch c := compareCells(&k.last.cells[i], 0, &k.p.cur.cells[at], k.p.row); {
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
		if c := compareCells(&k.p.cur.cells[at], k.p.row, &o.p.cur.cells[o.key[i]], o.p.row); c != 0 {
			return c
		}
	}
	return 0
}
