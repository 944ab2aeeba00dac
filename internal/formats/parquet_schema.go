package formats

import (
	"encoding/json"
	"reflect"

	"github.com/parquet-go/parquet-go"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/schema"
)

// The keys of a Parquet file's metadata in which galley keeps what Parquet's
// types cannot say.
const (
	metaTable       = "galley.table"
	metaColumns     = "galley.columns"     // JSON: [{"name":…,"spec":…}, …]
	metaFingerprint = "galley.fingerprint" // of the columns
	metaForm        = "galley.form"        // "long" or "wide"
)

// columnSpec is a column as manifests and metadata keep it.
type ColumnSpec struct {
	Name string `json:"name"`
	Spec string `json:"spec"` // as schema.Column.Spec writes it
}

func SpecsOf(s *schema.Schema) []ColumnSpec {
	var all []ColumnSpec
	for _, c := range s.Columns() {
		all = append(all, ColumnSpec{c.Name, c.Spec()})
	}
	return all
}

// schemaOf is the inverse of specsOf.
func SchemaOf(name string, specs []ColumnSpec) (*schema.Schema, error) {
	columns := make([]schema.Column, len(specs))
	for i, spec := range specs {
		c, err := schema.ParseSpec(spec.Name, spec.Spec)
		if err != nil {
			return nil, err
		}
		columns[i] = c
	}
	return schema.New(name, columns)
}

// record is the root of a Parquet schema with its columns in the table's
// order; a parquet.Group would sort them by name.
type record struct {
	parquet.Group
	fields []parquet.Field
}

func (r record) Fields() []parquet.Field { return r.fields }

// GoType is a type without these fields: rows are never Go structs here, and not
// every column name is a valid field name.
func (r record) GoType() reflect.Type { return reflect.TypeFor[struct{}]() }

type recordField struct {
	parquet.Node
	name string
}

func (f recordField) Name() string                      { return f.name }
func (f recordField) Value(reflect.Value) reflect.Value { return reflect.Value{} }

// parquetSchema is the schema of a Parquet file for a table that begins with
// these rows. Text that repeats in them gets a dictionary.
func parquetSchema(s *schema.Schema, fields []ParquetField, first *cells.Chunk) *parquet.Schema {
	root := record{Group: parquet.Group{}}
	for i, c := range s.Columns() {
		node := parquetType(&c)
		if fields != nil && fields[i].Node != nil {
			node = fields[i].Node
		}
		if c.Type == schema.Text && repeats(&first.Cells[i]) {
			node = parquet.Encoded(node, &parquet.RLEDictionary)
		}
		if c.Nullable {
			node = parquet.Optional(node)
		}
		if fields != nil {
			node = parquet.FieldID(node, fields[i].ID)
		}
		root.Group[c.Name] = node
		root.fields = append(root.fields, recordField{node, c.Name})
	}
	return parquet.NewSchema(s.Name(), root)
}

// repeats reports whether a column of bytes has each value twice, on average.
func repeats(v *cells.Cells) bool {
	seen := map[string]struct{}{}
	for k := range v.Ends {
		seen[cells.View(v.At(k))] = struct{}{}
	}
	return 2*len(seen) <= len(v.Ends)
}

func parquetType(c *schema.Column) parquet.Node {
	switch c.Type {
	case schema.Bool:
		return parquet.Leaf(parquet.BooleanType)
	case schema.Int8:
		return parquet.Int(8)
	case schema.Int16:
		return parquet.Int(16)
	case schema.Int32:
		return parquet.Int(32)
	case schema.Uint8:
		return parquet.Uint(8)
	case schema.Uint16:
		return parquet.Uint(16)
	case schema.Uint32:
		return parquet.Uint(32)
	case schema.Uint64:
		return parquet.Uint(64)
	case schema.Float32:
		return parquet.Leaf(parquet.FloatType)
	case schema.Float64:
		return parquet.Leaf(parquet.DoubleType)
	case schema.Text:
		return parquet.String()
	case schema.JSON:
		return parquet.JSON()
	case schema.Vector32:
		return parquet.List(parquet.Leaf(parquet.FloatType))
	case schema.Vector64:
		return parquet.List(parquet.Leaf(parquet.DoubleType))
	case schema.Time:
		switch c.Unit {
		case schema.RFC3339:
			return parquet.String()
		case schema.Nanos:
			return parquet.Timestamp(parquet.Nanosecond)
		case schema.Micros:
			return parquet.Timestamp(parquet.Microsecond)
		}
		return parquet.Timestamp(parquet.Millisecond) // there is no coarser one
	case schema.Blob:
		return parquet.Leaf(parquet.ByteArrayType)
	}
	// Differences of integers take a few bits each, and little time to compress.
	return parquet.Encoded(parquet.Int(64), &parquet.DeltaBinaryPacked)
}

// parquetMetadata are the key/value pairs of a file.
func parquetMetadata(s *schema.Schema, form string) ([]parquet.WriterOption, error) {
	specs, err := json.Marshal(SpecsOf(s))
	if err != nil {
		return nil, err
	}
	return []parquet.WriterOption{
		parquet.KeyValueMetadata(metaTable, s.Name()),
		parquet.KeyValueMetadata(metaColumns, string(specs)),
		parquet.KeyValueMetadata(metaFingerprint, s.Fingerprint()),
		parquet.KeyValueMetadata(metaForm, form),
	}, nil
}
