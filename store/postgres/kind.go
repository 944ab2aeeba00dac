package postgres

import (
	"github.com/galley-db/galley/schema"
)

// kind is the binary form of a column's values on the wire.
type kind uint8

const (
	boolean   kind = iota + 1
	smallint       // 2 bytes
	integer        // 4
	bigint         // 8
	numeric        // digits of base 10,000
	float4         // IEEE 754
	float8         //
	text           // UTF-8
	jsonb          // a version, and the JSON
	bytea          // bytes
	timestamp      // microseconds since 2000
	array4         // of float4
	array8         // of float8
)

var kinds = map[string]kind{
	"boolean": boolean, "smallint": smallint, "integer": integer, "bigint": bigint, "numeric(20,0)": numeric,
	"real": float4, "double precision": float8, "text": text, "jsonb": jsonb, "bytea": bytea,
	"timestamptz": timestamp, "real[]": array4, "double precision[]": array8,
}

// kindOfColumn is the kind of the type that the column has on the server.
func kindOfColumn(c *schema.Column) kind { return kinds[schema.Postgres().Type(*c)] }

// width is the bytes of a float in an array.
func (k kind) width() int {
	if k == array4 {
		return 4
	}
	return 8
}
