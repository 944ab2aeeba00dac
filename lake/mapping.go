package lake

import (
	"fmt"

	"github.com/apache/iceberg-go"
	"github.com/parquet-go/parquet-go"

	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/schema"
)

// Uint64Digits is the precision of the decimal that holds a uint64.
const uint64Digits = 20

// uint64Bytes is the length of a decimal of 20 digits in a Parquet file.
const uint64Bytes = 9

// icebergType is the Iceberg type that holds every value of a column. Element ids
// of lists are provisional: the catalog and the schema update assign their own.
func icebergType(c *schema.Column, element int) (iceberg.Type, error) {
	t := &iceberg.PrimitiveTypes
	switch c.Type {
	case schema.Bool:
		return t.Bool, nil
	case schema.Int8, schema.Int16, schema.Int32, schema.Uint8, schema.Uint16:
		return t.Int32, nil
	case schema.Int64, schema.Uint32, schema.Duration:
		return t.Int64, nil
	case schema.Uint64:
		return iceberg.DecimalTypeOf(uint64Digits, 0), nil
	case schema.Float32:
		return t.Float32, nil
	case schema.Float64:
		return t.Float64, nil
	case schema.Text, schema.JSON:
		return t.String, nil
	case schema.Blob:
		return t.Binary, nil
	case schema.Time:
		switch c.Unit {
		case schema.RFC3339: // nine digits of fraction
			return t.String, nil
		case schema.Nanos: // Iceberg's format 2 ends at microseconds
			return t.Int64, nil
		}
		return t.TimestampTz, nil
	case schema.Vector32:
		return &iceberg.ListType{ElementID: element, Element: t.Float32, ElementRequired: true}, nil
	case schema.Vector64:
		return &iceberg.ListType{ElementID: element, Element: t.Float64, ElementRequired: true}, nil
	}
	return nil, fmt.Errorf("%w: column %q of type %v", ErrType, c.Name, c.Type)
}

// icebergSchema is the schema of a table that does not exist yet.
func icebergSchema(s *schema.Schema) (*iceberg.Schema, error) {
	columns := s.Columns()
	fields := make([]iceberg.NestedField, len(columns))
	for i := range columns {
		t, err := icebergType(&columns[i], len(columns)+i+1)
		if err != nil {
			return nil, fmt.Errorf("table %q: %w", s.Name(), err)
		}
		fields[i] = iceberg.NestedField{ID: i + 1, Name: columns[i].Name, Type: t, Required: !columns[i].Nullable}
	}
	return iceberg.NewSchema(0, fields...), nil
}

// layout is how the rows of a galley table lie in a Parquet file of an Iceberg
// table.
type layout struct {
	schema *schema.Schema // with the types in which the values are written
	fields []formats.ParquetField
	types  []iceberg.Type
}

// layOut returns the layout of a table whose columns have these fields.
func layOut(s *schema.Schema, fields []iceberg.NestedField) (*layout, error) {
	l := &layout{}
	columns := make([]schema.Column, len(fields))
	for i, c := range s.Columns() {
		f := formats.ParquetField{ID: fields[i].ID}
		written := schema.Column{Name: c.Name, Nullable: c.Nullable, Type: c.Type, Dim: c.Dim}
		switch t := fields[i].Type.(type) {
		case iceberg.Int32Type:
			written.Type = schema.Int32
		case iceberg.Int64Type:
			written.Type = schema.Int64
		case iceberg.Float32Type:
			written.Type = schema.Float32
		case iceberg.Float64Type:
			written.Type = schema.Float64
		case iceberg.StringType:
			written.Type = schema.Text
		case iceberg.DecimalType:
			written.Type = schema.Blob
			f.Node = parquet.Decimal(t.Scale(), t.Precision(), parquet.FixedLenByteArrayType(uint64Bytes))
		case *iceberg.ListType:
			element := parquet.FloatType
			if c.Type == schema.Vector64 {
				element = parquet.DoubleType
			}
			f.Node = parquet.List(parquet.FieldID(parquet.Leaf(element), t.ElementID))
		}
		columns[i] = written
		l.fields = append(l.fields, f)
		l.types = append(l.types, fields[i].Type)
	}
	var err error
	l.schema, err = schema.New(s.Name(), columns)
	return l, err
}
