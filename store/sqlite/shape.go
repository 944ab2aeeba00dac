package sqlite

import (
	"context"
	"fmt"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Shape returns the columns that a SELECT would return, without running it:
// under their names in the result, with the type and unit of the column that
// they come from. The Type is 0 for a column that does not come from a galley
// table.
func (db *DB) Shape(ctx context.Context, sql string) ([]schema.Column, error) {
	if err := db.open(); err != nil {
		return nil, err
	}
	rd, err := db.file.readers.acquire(ctx)
	if err != nil {
		return nil, explain(db.file.path, err)
	}
	defer db.file.readers.release(rd)
	s, err := rd.statement(sql)
	if err != nil {
		return nil, explain(db.file.path, err)
	}
	if s.ColumnCount() == 0 || !s.ReadOnly() {
		return nil, fmt.Errorf("%w: not a SELECT", store.ErrQuery)
	}
	columns := make([]schema.Column, s.ColumnCount())
	tables := map[string]*schema.Schema{}
	for i := range columns {
		columns[i] = schema.Column{Name: s.ColumnName(i), Nullable: true}
		table := s.ColumnTableName(i)
		if table == "" {
			continue
		}
		t, known := tables[table]
		if !known {
			if t, err = rd.conn.table(table); err != nil {
				return nil, explain(db.file.path, err)
			}
			tables[table] = t
		}
		if t == nil {
			continue
		}
		if k, ok := t.Column(s.ColumnOriginName(i)); ok {
			c := t.Columns()[k]
			columns[i] = schema.Column{Name: columns[i].Name, Type: c.Type, Unit: c.Unit, Uint: c.Uint, Dim: c.Dim, NaNNull: c.NaNNull, Nullable: true}
		}
	}
	return columns, nil
}
