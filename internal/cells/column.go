package cells

import "github.com/galley-db/galley/schema"

// Narrow makes float32s of the values of float32 columns, as structs and files
// hold them. SQLite stores eight bytes, and another program may have filled them.
// It returns the first place whose value has changed.
func (c *Chunk) Narrow() (row, column int, changed bool) {
	for i := range c.Cells {
		if c.Columns[i].Type != schema.Float32 {
			continue
		}
		for k, f := range c.Cells[i].Floats {
			near := float64(float32(f))
			if near == f || f != f {
				continue
			}
			if !changed {
				row, column, changed = k, i, true
			}
			c.Cells[i].Floats[k] = near
		}
	}
	return row, column, changed
}

// IsVector reports whether values of the type are arrays of numbers.
func IsVector(t schema.Type) bool { return t == schema.Vector32 || t == schema.Vector64 }

// Plain is what a column holds, without its constraints.
func Plain(c schema.Column) schema.Column {
	return schema.Column{Name: c.Name, Type: c.Type, Nullable: c.Nullable, Unit: c.Unit, NaNNull: c.NaNNull, Uint: c.Uint, Dim: c.Dim}
}
