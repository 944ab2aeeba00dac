package formats

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"

	"github.com/galley-db/galley/schema"
)

// tableSchema is what a Parquet file holds: as its metadata say where galley
// wrote it, and as its own types say elsewhere.
func tableSchema(f *parquet.File) (*schema.Schema, error) {
	name := "parquet"
	if table, ok := f.Lookup(metaTable); ok {
		name = table
	}
	if text, ok := f.Lookup(metaColumns); ok {
		var specs []ColumnSpec
		if err := json.Unmarshal([]byte(text), &specs); err != nil {
			return nil, fmt.Errorf("metadata %s: %w", metaColumns, err)
		}
		s, err := SchemaOf(name, specs)
		if err != nil {
			return nil, fmt.Errorf("metadata %s: %w", metaColumns, err)
		}
		if fits(f, s) {
			return s, nil
		}
	}
	var columns []schema.Column
	for _, field := range f.Schema().Fields() {
		c, err := columnOf(field)
		if err != nil {
			return nil, err
		}
		columns = append(columns, c)
	}
	return schema.New(name, columns)
}

// fits reports whether a file still has the columns that its metadata speak of:
// other programs copy metadata into files that they change.
func fits(f *parquet.File, s *schema.Schema) bool {
	fields := f.Schema().Fields()
	return slices.EqualFunc(fields, s.Columns(), func(field parquet.Field, c schema.Column) bool {
		if field.Name() != c.Name || field.Optional() != c.Nullable {
			return false
		}
		want := parquetType(&c)
		if field.Leaf() != want.Leaf() {
			return false
		}
		return !want.Leaf() || field.Type().Kind() == want.Type().Kind()
	})
}

// columnOf is a column of a file that galley has not written.
func columnOf(field parquet.Field) (schema.Column, error) {
	c := schema.Column{Name: field.Name(), Nullable: field.Optional()}
	if !field.Leaf() {
		element, ok := listElement(field)
		switch {
		case ok && element.Type().Kind() == parquet.Float:
			c.Type = schema.Vector32
		case ok && element.Type().Kind() == parquet.Double:
			c.Type = schema.Vector64
		default:
			return c, fmt.Errorf("column %q is nested, which a table cannot hold; flatten it, or leave it out: %w", c.Name, ErrFormat)
		}
		return c, nil
	}
	if field.Repeated() {
		return c, fmt.Errorf("column %q repeats, which a table cannot hold: %w", c.Name, ErrFormat)
	}
	switch field.Type().Kind() {
	case parquet.Boolean:
		c.Type = schema.Bool
	case parquet.Float:
		c.Type, c.NaNNull, c.Nullable = schema.Float32, true, true
	case parquet.Double:
		c.Type, c.NaNNull, c.Nullable = schema.Float64, true, true
	case parquet.Int32, parquet.Int64:
		return integerColumn(c, field)
	case parquet.ByteArray, parquet.FixedLenByteArray:
		return bytesColumn(c, field)
	default:
		return c, unsupported(field)
	}
	return c, nil
}

func unsupported(field parquet.Field) error {
	return fmt.Errorf("column %q is %v, which a table cannot hold: %w", field.Name(), field.Type(), ErrFormat)
}

func integerColumn(c schema.Column, field parquet.Field) (schema.Column, error) {
	c.Type = schema.Int64
	if field.Type().Kind() == parquet.Int32 {
		c.Type = schema.Int32
	}
	logical := field.Type().LogicalType()
	if logical == nil {
		return c, nil
	}
	switch t := logical.Value.(type) {
	case *format.IntType:
		signed := map[int8]schema.Type{8: schema.Int8, 16: schema.Int16, 32: schema.Int32, 64: schema.Int64}
		unsigned := map[int8]schema.Type{8: schema.Uint8, 16: schema.Uint16, 32: schema.Uint32, 64: schema.Uint64}
		if c.Type = signed[t.BitWidth]; !t.IsSigned {
			c.Type = unsigned[t.BitWidth]
		}
		if c.Type == schema.Uint64 {
			c.Uint = schema.UintText
		}
	case *format.TimestampType:
		c.Type = schema.Time
		switch t.Unit.Value.(type) {
		case *format.MilliSeconds:
			c.Unit = schema.Millis
		case *format.NanoSeconds:
			c.Unit = schema.Nanos
		}
	case *format.DateType:
		c.Type, c.Unit = schema.Time, schema.Seconds
	default:
		return c, unsupported(field)
	}
	return c, nil
}

func bytesColumn(c schema.Column, field parquet.Field) (schema.Column, error) {
	c.Type = schema.Blob
	if converted := field.Type().ConvertedType(); converted != nil && *converted == deprecated.UTF8 {
		c.Type = schema.Text
	}
	logical := field.Type().LogicalType()
	if logical == nil {
		return c, nil
	}
	switch logical.Value.(type) {
	case *format.StringType, *format.EnumType:
		c.Type = schema.Text
	case *format.JsonType:
		c.Type = schema.JSON
	case *format.DecimalType:
		return c, unsupported(field)
	}
	return c, nil
}

// listElement is the leaf of a list of required floats, as galley writes a
// vector.
func listElement(field parquet.Node) (parquet.Node, bool) {
	fields := field.Fields()
	if len(fields) != 1 || fields[0].Leaf() || !fields[0].Repeated() || len(fields[0].Fields()) != 1 {
		return nil, false
	}
	element := fields[0].Fields()[0]
	return element, element.Leaf() && element.Required()
}
