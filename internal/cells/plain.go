package cells

import "github.com/galley-db/galley/schema"

// plain is what a column holds, without its constraints.
func Plain(c schema.Column) schema.Column {
	return schema.Column{Name: c.Name, Type: c.Type, Nullable: c.Nullable, Unit: c.Unit, NaNNull: c.NaNNull, Uint: c.Uint, Dim: c.Dim}
}
