package formats

import (
	"encoding/json"
	"fmt"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/schema"
)

// ownSchema is the schema that galley wrote into a file, nil for another file.
func ownSchema(f *parquet.File) (*schema.Schema, error) {
	text, ok := f.Lookup(metaColumns)
	if !ok {
		return nil, nil
	}
	name := "parquet"
	if table, ok := f.Lookup(metaTable); ok {
		name = table
	}
	var specs []ColumnSpec
	if err := json.Unmarshal([]byte(text), &specs); err != nil {
		return nil, fmt.Errorf("metadata %s: %w", metaColumns, err)
	}
	s, err := SchemaOf(name, specs)
	if err != nil {
		return nil, fmt.Errorf("metadata %s: %w", metaColumns, err)
	}
	if !fits(f, s) {
		return nil, nil
	}
	return s, nil
}

// fits reports whether a file still has the columns that its metadata name:
// other programs copy metadata into files that they change.
func fits(f *parquet.File, s *schema.Schema) bool {
	fields, columns := f.Schema().Fields(), s.Columns()
	root, err := elements(f)
	if err != nil || len(fields) != len(columns) || len(root.children) != len(columns) {
		return false
	}
	for i, field := range fields {
		c := &columns[i]
		if field.Name() != c.Name || field.Optional() != c.Nullable {
			return false
		}
		want, e := parquetType(c), root.children[i]
		if field.Leaf() != want.Leaf() || want.Leaf() && field.Type().Kind() != want.Type().Kind() || !e.means(c) {
			return false
		}
	}
	return true
}

// means reports whether the values of an element stand for what a column's values do.
// A program that copies metadata may have changed the unit of a time, or the width of
// a vector.
func (e *element) means(c *schema.Column) bool {
	if cells.IsVector(c.Type) {
		t, _ := e.vector()
		return t == c.Type
	}
	k, err := kindOf(e)
	if err != nil || k.bare {
		return false
	}
	switch is := k.column; {
	case c.Type == schema.Time && c.Unit == schema.Seconds: // Parquet has no seconds
		return is.Type == schema.Time && is.Unit == schema.Millis
	case c.Type == schema.Time && c.Unit != schema.RFC3339:
		return is.Type == schema.Time && is.Unit == c.Unit
	case c.Type == schema.Duration:
		return is.Type == schema.Int64
	case cells.FormOf(c) == cells.AsInt:
		return is.Type == c.Type
	default:
		return is.Type != schema.Time
	}
}

// element is a node of a file's schema.
type element struct {
	*format.SchemaElement
	children []*element
	leaf     int // index of a leaf's column
}

// elements builds the tree of a file's schema.
func elements(f *parquet.File) (root *element, err error) {
	flat := f.Metadata().Schema
	leaves := 0
	var build func(depth int) (*element, error)
	build = func(depth int) (*element, error) {
		if len(flat) == 0 || depth > 100 {
			return nil, fmt.Errorf("%w: its schema is truncated, or too deep", ErrFormat)
		}
		e := &element{SchemaElement: &flat[0]}
		flat = flat[1:]
		if e.Type.Valid {
			e.leaf = leaves
			leaves++
			return e, nil
		}
		for range e.NumChildren.V {
			child, err := build(depth + 1)
			if err != nil {
				return nil, err
			}
			e.children = append(e.children, child)
		}
		return e, nil
	}
	return build(0)
}

func (e *element) optional() bool { return e.is(format.Optional) }
func (e *element) repeated() bool { return e.is(format.Repeated) }
func (e *element) is(r format.FieldRepetitionType) bool {
	return e.RepetitionType.Valid && e.RepetitionType.V == r
}

// converted reports whether a file of an old writer says this of the element.
func (e *element) converted(t deprecated.ConvertedType) bool {
	return e.LogicalType.Value == nil && e.ConvertedType.Valid && e.ConvertedType.V == t
}

// vector is the type of a list of floats none of which can be NULL, as galley
// writes a vector, and its leaf.
func (e *element) vector() (schema.Type, *element) {
	if !e.list() || len(e.children) != 1 || !e.children[0].repeated() || len(e.children[0].children) != 1 {
		return 0, nil
	}
	switch leaf := e.children[0].children[0]; {
	case !leaf.Type.Valid || leaf.optional() || leaf.repeated() || leaf.LogicalType.Value != nil:
	case leaf.Type.V == format.Float:
		return schema.Vector32, leaf
	case leaf.Type.V == format.Double:
		return schema.Vector64, leaf
	}
	return 0, nil
}

// foreignColumn is a column of a file that galley has not written, and what
// reads it.
func foreignColumn(f *parquet.File, e *element) (schema.Column, columnReader, error) {
	c := schema.Column{Name: e.Name, Nullable: e.optional()}
	in := leaf{groups: f.RowGroups(), index: e.leaf}
	switch {
	case e.Type.Valid && !e.repeated():
		k, err := kindOf(e)
		if err != nil {
			return c, nil, err
		}
		if e.Type.V == format.Int96 {
			if k.column.Unit, err = unit96(in); err != nil {
				return c, nil, fmt.Errorf("column %q: %w", e.Name, err)
			}
		}
		c.Type, c.Unit, c.Uint = k.column.Type, k.column.Unit, k.column.Uint
		if k.nulls {
			c.Nullable = true
			return c, &nothing{rows: f.NumRows()}, nil
		}
		if c.Type == schema.Float32 || c.Type == schema.Float64 {
			c.NaNNull, c.Nullable = true, true
		}
		return c, &foreign{leaf: in, kind: k}, nil
	case !e.Type.Valid && len(e.children) == 0:
		return c, nil, unsupported(e, "an empty group")
	}
	if t, floats := e.vector(); floats != nil {
		c.Type = t
		r := &cursor{leaf: leaf{groups: f.RowGroups(), index: floats.leaf}, column: &c, null: 1}
		if !e.optional() {
			r.null = 0
		}
		return c, r, nil
	}
	c.Type = schema.JSON
	n, err := newNested(f, e, 0, 0)
	if err != nil {
		return c, nil, err
	}
	return c, &nestedReader{node: n}, nil
}

func unsupported(e *element, what string) error {
	return fmt.Errorf("column %q is %s, which cannot be stored exactly; convert it, or leave it out: %w", e.Name, what, ErrFormat)
}
