package formats

import (
	"fmt"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/jsonrow"
	"github.com/galley-db/galley/store"
)

// nested reads a list, a map or a group as JSON. Levels of definition and
// repetition are those of Parquet: how many of the optional and repeated nodes
// above a value are present, and at which repeated node a value begins a new
// element.
type nested struct {
	element  *element
	children []*nested
	def, rep int // of a value that is present, and of a further element
	leaf     *leaf
	kind     *kind
	scratch  *cells.Cells
}

func newNested(f *parquet.File, e *element, def, rep int) (*nested, error) {
	switch {
	case e.optional():
		def++
	case e.repeated():
		def, rep = def+1, rep+1
	}
	n := &nested{element: e, def: def, rep: rep}
	if _, variant := e.LogicalType.Value.(*format.VariantType); variant {
		return nil, unsupported(e, "VARIANT")
	}
	if e.Type.Valid {
		var err error
		if n.kind, err = kindOf(e); err != nil {
			return nil, err
		}
		n.leaf = &leaf{groups: f.RowGroups(), index: e.leaf}
		n.scratch = &cells.Cells{Form: cells.FormOf(&n.kind.column)}
		return n, nil
	}
	if len(e.children) == 0 {
		return nil, unsupported(e, "an empty group")
	}
	for _, child := range e.children {
		c, err := newNested(f, child, def, rep)
		if err != nil {
			return nil, err
		}
		n.children = append(n.children, c)
	}
	return n, nil
}

// list reports whether a group is a list, whose only child repeats.
func (e *element) list() bool {
	_, list := e.LogicalType.Value.(*format.ListType)
	return (list || e.converted(deprecated.List)) && len(e.children) == 1 && e.children[0].repeated()
}

// mapped reports whether a group is a map, whose only child repeats a key and a
// value.
func (e *element) mapped() bool {
	_, mapped := e.LogicalType.Value.(*format.MapType)
	return (mapped || e.converted(deprecated.Map) || e.converted(deprecated.MapKeyValue)) &&
		len(e.children) == 1 && e.children[0].repeated() && len(e.children[0].children) == 2
}

// wrapped reports whether the repeated child of a list only wraps its element,
// by the rules for lists of old writers.
func (e *element) wrapped(list *element) bool {
	return len(e.children) == 1 && e.Name != "array" && e.Name != list.Name+"_tuple"
}

// first is the leaf that shows whether a node is present.
func (n *nested) first() *leaf {
	for n.leaf == nil {
		n = n.children[0]
	}
	return n.leaf
}

func (n *nested) leaves(do func(*leaf)) {
	if n.leaf != nil {
		do(n.leaf)
	}
	for _, c := range n.children {
		c.leaves(do)
	}
}

// absent reports whether the node is NULL, or a list without elements, in the
// row that is being read.
func (n *nested) absent() (bool, error) {
	more, err := n.first().peek()
	if err != nil {
		return false, err
	}
	if !more {
		return false, errShort
	}
	return n.first().ready[0].DefinitionLevel() < n.def, nil
}

var errShort = fmt.Errorf("%w: a column ends before the others", ErrFormat)

// skip passes the one value that stands for an absent node in each leaf.
func (n *nested) skip() (err error) {
	n.leaves(func(l *leaf) {
		more, peekErr := l.peek()
		switch {
		case err != nil:
		case peekErr != nil:
			err = peekErr
		case !more:
			err = errShort
		default:
			l.ready = l.ready[1:]
		}
	})
	return err
}

// value adds the node as JSON.
func (n *nested) value(dst []byte) ([]byte, error) {
	if n.element.repeated() {
		return n.elements(dst, n.content)
	}
	if n.element.optional() {
		absent, err := n.absent()
		if err != nil {
			return dst, err
		}
		if absent {
			return append(dst, "null"...), n.skip()
		}
	}
	return n.content(dst)
}

// elements adds an array of a repeated node.
func (n *nested) elements(dst []byte, one func([]byte) ([]byte, error)) ([]byte, error) {
	absent, err := n.absent()
	if err != nil {
		return dst, err
	}
	if absent {
		return append(dst, "[]"...), n.skip()
	}
	dst = append(dst, '[')
	err = n.each(func(i int) error {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst, err = one(dst)
		return err
	})
	return append(dst, ']'), err
}

// each calls one for each element of a repeated node that is present.
func (n *nested) each(one func(i int) error) error {
	for i := 0; ; i++ {
		if err := one(i); err != nil {
			return err
		}
		more, err := n.first().peek()
		if err != nil {
			return err
		}
		if !more || n.first().ready[0].RepetitionLevel() < n.rep {
			return nil
		}
	}
}

// content adds the node, which is present, or one element of it.
func (n *nested) content(dst []byte) ([]byte, error) {
	switch {
	case n.leaf != nil:
		more, err := n.leaf.peek()
		if err != nil {
			return dst, err
		}
		if !more {
			return dst, errShort
		}
		value := &n.leaf.ready[0]
		n.leaf.ready = n.leaf.ready[1:]
		return n.kind.appendLeaf(dst, n.scratch, value)
	case n.element.list():
		c := n.children[0]
		if c.element.wrapped(n.element) {
			return c.elements(dst, c.children[0].value)
		}
		return c.elements(dst, c.content)
	case n.element.mapped():
		return n.pairs(dst)
	}
	for i, c := range n.children {
		dst = append(dst, "{,"[min(i, 1)])
		dst = append(cells.AppendJSONText(dst, c.element.Name), ':')
		var err error
		if dst, err = c.value(dst); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

// pairs adds a map as an object. Keys that are not text become text.
func (n *nested) pairs(dst []byte) ([]byte, error) {
	c := n.children[0]
	absent, err := c.absent()
	if err != nil {
		return dst, err
	}
	if absent {
		return append(dst, "{}"...), c.skip()
	}
	dst = append(dst, '{')
	var keys []string
	err = c.each(func(i int) error {
		if i > 0 {
			dst = append(dst, ',')
		}
		key, err := c.children[0].value(nil)
		if err != nil {
			return err
		}
		if key[0] != '"' {
			key = cells.AppendJSONText(nil, string(key))
		}
		if slices.Contains(keys, string(key)) {
			return fmt.Errorf("%w: %s", jsonrow.ErrTwice, key)
		}
		keys = append(keys, string(key))
		dst, err = c.children[1].value(append(append(dst, key...), ':'))
		return err
	})
	return append(dst, '}'), err
}

// maxValue is above the longest value that a table holds, in bytes.
const maxValue = 256 << 20

// nestedReader reads a column of nested values.
type nestedReader struct{ node *nested }

func (r *nestedReader) read(v *cells.Cells, rows int) error {
	for v.Len() < rows {
		more, err := r.node.first().peek()
		if err != nil || !more {
			return err
		}
		if r.node.first().ready[0].RepetitionLevel() != 0 {
			return fmt.Errorf("%w: a row does not begin where the one before ends", ErrFormat)
		}
		if r.node.element.optional() {
			absent, err := r.node.absent()
			if err != nil {
				return err
			}
			if absent {
				if err := r.node.skip(); err != nil {
					return err
				}
				v.Null()
				continue
			}
		}
		var text []byte
		if r.node.element.repeated() {
			text, err = r.node.value(v.Bytes)
		} else {
			text, err = r.node.content(v.Bytes)
		}
		if err != nil {
			return err
		}
		if n := len(text) - len(v.Bytes); n > maxValue {
			return fmt.Errorf("%w: a value of %d bytes", store.ErrTooLarge, n)
		}
		v.Bytes = text
		v.Ends = append(v.Ends, len(v.Bytes))
	}
	return nil
}

func (r *nestedReader) end() { r.node.leaves((*leaf).end) }
