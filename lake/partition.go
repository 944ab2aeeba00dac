package lake

import (
	"bytes"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/iceberg-go"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/schema"
)

// partitionTerm is a transform of a column, as in day(at).
type partitionTerm struct {
	transform iceberg.Transform
	column    string
}

// parsePartition parses terms such as identity(subject),day(at),bucket[16](id). A
// column by itself means identity.
func parsePartition(text string) (terms []partitionTerm, err error) {
	for text = strings.TrimSpace(text); text != ""; {
		term, rest := text, ""
		if open := strings.IndexAny(text, "(,"); open >= 0 {
			end := open
			if text[open] == '(' {
				if end = strings.IndexByte(text, ')'); end < open {
					return nil, fmt.Errorf("%w: %q has no closing parenthesis", ErrPartition, text)
				}
				end++
			}
			term, rest = text[:end], strings.TrimSpace(text[end:])
			if rest != "" && rest[0] != ',' {
				return nil, fmt.Errorf("%w: %q is not followed by a comma", ErrPartition, term)
			}
			rest = strings.TrimSpace(strings.TrimPrefix(rest, ","))
		}
		name, column := "identity", term
		if open := strings.IndexByte(term, '('); open >= 0 {
			name, column = strings.TrimSpace(term[:open]), strings.TrimSuffix(term[open+1:], ")")
		}
		transform, err := iceberg.ParseTransform(name)
		if _, unknown := transform.(iceberg.UnknownTransform); err != nil || unknown {
			return nil, fmt.Errorf("%w: %q is not a transform; write identity, year, month, day, hour, bucket[N] or truncate[N], as in day(at)", ErrPartition, name)
		}
		terms = append(terms, partitionTerm{transform, strings.TrimSpace(column)})
		text = rest
	}
	return terms, nil
}

// name is the name that Iceberg's own tools give the field of a term.
func (t partitionTerm) name() string {
	kind, _, _ := strings.Cut(t.transform.String(), "[")
	switch kind {
	case "identity":
		return t.column
	case "truncate":
		return t.column + "_trunc"
	}
	return t.column + "_" + kind
}

// partitionSpec returns the spec of these terms for a table that does not exist yet.
func partitionSpec(table string, terms []partitionTerm, s *iceberg.Schema) (*iceberg.PartitionSpec, error) {
	var options []iceberg.PartitionOption
	for i, t := range terms {
		f, ok := s.FindFieldByName(t.column)
		if !ok {
			return nil, fmt.Errorf("table %q: %w: it has no column %q", table, ErrPartition, t.column)
		}
		if !t.transform.CanTransform(f.Type) {
			return nil, fmt.Errorf("table %q: %w: %v does not fit column %q of type %v", table, ErrPartition, t.transform, t.column, f.Type)
		}
		id := 1000 + i
		options = append(options, iceberg.AddPartitionFieldByName(t.column, t.name(), t.transform, s, &id))
	}
	spec, err := iceberg.NewPartitionSpecOpts(options...)
	if err != nil {
		return nil, fmt.Errorf("table %q: %w: %w", table, ErrPartition, err)
	}
	return &spec, nil
}

// samePartition returns an error if a table that exists has other terms.
func samePartition(table string, terms []partitionTerm, spec iceberg.PartitionSpec, s *iceberg.Schema) error {
	var have, want []string
	for _, f := range spec.Fields() {
		name, _ := s.FindColumnName(f.SourceID())
		have = append(have, fmt.Sprintf("%v(%s)", f.Transform, name))
	}
	for _, t := range terms {
		want = append(want, fmt.Sprintf("%v(%s)", t.transform, t.column))
	}
	if !slices.Equal(have, want) {
		return fmt.Errorf("table %q: %w: the Iceberg table is partitioned by %q, not by %q; leave the partition out, or change it with an Iceberg engine",
			table, ErrPartition, strings.Join(have, ","), strings.Join(want, ","))
	}
	return nil
}

// partitioner finds the partition of a row.
type partitioner struct {
	spec    iceberg.PartitionSpec
	columns []int // of the galley table, -1 where it has none
	types   []iceberg.Type
}

func newPartitioner(spec iceberg.PartitionSpec, l *layout) *partitioner {
	p := &partitioner{spec: spec}
	for _, f := range spec.Fields() {
		at := slices.IndexFunc(l.fields, func(field formatsField) bool { return field.ID == f.SourceID() })
		p.columns = append(p.columns, at)
		var t iceberg.Type
		if at >= 0 {
			t = l.types[at]
		}
		p.types = append(p.types, t)
	}
	return p
}

// order is the columns to sort rows by, so those of one partition follow each other:
// first those whose values are partition values themselves.
func (p *partitioner) order(s *schema.Schema) []string {
	var first, last []string
	for i, f := range p.spec.Fields() {
		if p.columns[i] < 0 {
			continue
		}
		name := s.Columns()[p.columns[i]].Name
		if _, ok := f.Transform.(iceberg.IdentityTransform); ok {
			first = append(first, name)
		} else {
			last = append(last, name)
		}
	}
	return append(first, last...)
}

// values are the partition values of row k of a chunk, by field id. The key differs
// between partitions.
func (p *partitioner) values(c *cells.Chunk, k int) (key string, values map[int]any) {
	values = map[int]any{}
	var b strings.Builder
	for i, f := range p.spec.Fields() {
		var value iceberg.Optional[iceberg.Literal]
		if at := p.columns[i]; at >= 0 && !c.Cells[at].IsNull(k) {
			value = iceberg.Optional[iceberg.Literal]{Valid: true, Val: literal(p.types[i], &c.Cells[at], k)}
		}
		if value = f.Transform.Apply(value); !value.Valid {
			values[f.FieldID] = nil
			b.WriteString("-;")
			continue
		}
		values[f.FieldID] = value.Val.Any()
		text := value.Val.String()
		fmt.Fprintf(&b, "%d:%s;", len(text), text)
	}
	return b.String(), values
}

// same reports whether two rows have the same values in all columns that make a
// partition.
func (p *partitioner) same(c *cells.Chunk, k, other int) bool {
	for _, at := range p.columns {
		if at < 0 {
			continue
		}
		v := &c.Cells[at]
		if v.IsNull(k) != v.IsNull(other) {
			return false
		}
		same := true
		switch v.Form {
		case cells.AsInt:
			same = v.Ints[k] == v.Ints[other]
		case cells.AsFloat:
			same = v.Floats[k] == v.Floats[other]
		case cells.AsBytes:
			same = bytes.Equal(v.At(k), v.At(other))
		}
		if !same {
			return false
		}
	}
	return true
}

// literal is the value of a cell.
func literal(t iceberg.Type, v *cells.Cells, k int) iceberg.Literal {
	switch t := t.(type) {
	case iceberg.BooleanType:
		return iceberg.NewLiteral(v.Ints[k] != 0)
	case iceberg.Int32Type:
		return iceberg.NewLiteral(int32(v.Ints[k]))
	case iceberg.Int64Type:
		return iceberg.NewLiteral(v.Ints[k])
	case iceberg.TimestampTzType:
		return iceberg.NewLiteral(iceberg.Timestamp(v.Ints[k]))
	case iceberg.Float32Type:
		return iceberg.NewLiteral(float32(v.Floats[k]))
	case iceberg.Float64Type:
		return iceberg.NewLiteral(v.Floats[k])
	case iceberg.DecimalType:
		n := decimal128.FromBigInt(new(big.Int).SetBytes(v.At(k)))
		return iceberg.NewLiteral(iceberg.Decimal{Val: n, Scale: t.Scale()})
	case iceberg.BinaryType:
		return iceberg.NewLiteral(slices.Clone(v.At(k)))
	}
	return iceberg.NewLiteral(string(v.At(k)))
}
