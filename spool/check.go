package spool

import (
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// CheckRow lays out a single row: [store.RowChecker].
func (s *Spool) CheckRow(of *schema.Schema, rows store.Rows, i int) error {
	_, err := encode(&store.Batch{Schema: of, Rows: store.OneRow{Of: rows, Index: i}})
	return err
}
