package formats

import (
	"errors"
	"fmt"
	"io"

	"github.com/galley-db/galley/internal/ahead"
	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/jsonrow"
	"github.com/galley-db/galley/schema"
)

// jsonReader reads JSON objects into chunks. Objects are cut one after the other, and
// their values are read in parallel.
type jsonReader struct {
	rows  *jsonrow.Reader
	in    io.Closer
	table *schema.Schema
	opts  TextOptions
	lines []int64
	fixed []*string // by column: the text that it has in every row
	bytes int       // of text that a part has, and one object more
	parts *ahead.Reader[jsonPart]
}

// jsonPart is some objects, and what one goroutine made of them.
type jsonPart struct {
	jsonrow.Block
	chunk  *cells.Chunk
	bad    []BadRecord // in order
	batch  int         // the first object with a value for the batch column, -1 for none
	values [][]byte    // of an object, by column; nil where it has none
}

func newJSONReader(in io.ReadCloser, s *schema.Schema, opts TextOptions) (*jsonReader, error) {
	_, fixed, err := match(nil, s, opts)
	if wrong := (*HeaderError)(nil); errors.As(err, &wrong) && len(wrong.Folders) > 0 {
		return nil, &HeaderError{Table: wrong.Table, Folders: wrong.Folders} // missing columns are an error of their row
	}
	return &jsonReader{rows: jsonrow.NewReader(in), in: in, table: s, opts: opts, fixed: fixed, bytes: stepBytes}, nil
}

func (r *jsonReader) Schema() *schema.Schema { return r.table }

func (r *jsonReader) Close() error {
	if r.parts != nil {
		r.parts.Stop()
	}
	return r.in.Close()
}

// LineOf is the line of row k of the chunk filled last.
func (r *jsonReader) LineOf(k int) int64 { return r.lines[k] }

// Next fills c with the rows of a part. A part without a good row is skipped.
func (r *jsonReader) Next(c *cells.Chunk) error {
	c.Reset()
	r.lines = r.lines[:0]
	if room := c.Room; r.parts == nil {
		r.parts = ahead.Read(func(p *jsonPart) (bool, error) { return r.fill(p, room) }, r.read)
	}
	for c.Rows == 0 {
		p, err := r.parts.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err // the file cannot be read any further
		}
		if err = r.hand(p); err == nil {
			c.Swap(p.chunk)
		}
		r.parts.Release(p)
		if err != nil {
			return err
		}
	}
	return nil
}

// fill reads the next objects.
func (r *jsonReader) fill(p *jsonPart, room int) (long bool, err error) {
	if p.chunk == nil {
		p.chunk, p.values = cells.New(r.table), make([][]byte, len(r.table.Columns()))
	}
	p.bad, p.batch = p.bad[:0], -1
	p.chunk.Reset()
	return p.Fill(r.rows, room, r.bytes)
}

// read reads the values of a part's objects.
func (r *jsonReader) read(p *jsonPart) {
	for k := range p.Len() {
		if err := r.row(p, k); err != nil {
			p.bad = append(p.bad, BadRecord{k, err})
			p.chunk.Truncate(p.chunk.Rows)
			continue
		}
		p.chunk.Rows++
	}
}

// hand reports the objects of a part in their order, as if they were read one by one
// now.
func (r *jsonReader) hand(p *jsonPart) error {
	bad := p.bad
	for k := range p.Len() {
		if k == p.batch {
			r.opts.Batch()
		}
		if len(bad) > 0 && bad[0].at == k {
			if err := r.opts.Refuse(p.Line(k), p.Object(k), bad[0].err); err != nil {
				return err
			}
			bad = bad[1:]
			continue
		}
		r.lines = append(r.lines, p.Line(k))
		if r.opts.Taken != nil {
			if err := r.opts.Taken(p.Line(k), func() []byte { return p.Object(k) }); err != nil {
				return err
			}
		}
	}
	return nil
}

// row adds object k. After an error some of its cells may be in the chunk.
func (r *jsonReader) row(p *jsonPart, k int) error {
	clear(p.values)
	c := p.chunk
	err := jsonrow.Members(p.Object(k), func(name string, raw []byte) error {
		i, ok := r.table.Column(r.opts.Renamed(name))
		if !ok {
			return rowError(fmt.Sprintf("the table has no column %q", name))
		}
		if p.values[i] != nil {
			return fmt.Errorf("%w: %q; the column is %q", jsonrow.ErrTwice, name, r.table.Columns()[i].Name)
		}
		if p.values[i] = raw; r.opts.Batch != nil && i == r.table.Batch() && p.batch < 0 {
			p.batch = k
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i := range c.Columns {
		col, v, raw := &c.Columns[i], &c.Cells[i], p.values[i]
		switch {
		case raw == nil && (r.fixed[i] != nil || col.Batch):
			if err := absent(col, v, r.fixed[i]); err != nil {
				return err
			}
		case raw == nil || string(raw) == "null" && (col.Type != schema.JSON || col.Nullable):
			if !col.Nullable {
				return &schema.ValueError{Column: col.Name, Err: schema.ErrNull}
			}
			v.Null()
		default:
			if err := parseJSON(col, v, raw); err != nil {
				return err
			}
		}
	}
	return nil
}

// parseJSON adds a JSON value that is not null.
func parseJSON(col *schema.Column, v *cells.Cells, raw []byte) error {
	switch {
	case col.Type == schema.JSON:
		return cells.Parse(col, v, raw)
	case raw[0] == '"':
		text, err := jsonrow.Unquote(raw)
		if err != nil {
			return cells.Refused(col, raw, err)
		}
		return cells.Parse(col, v, text)
	case raw[0] == '{', raw[0] == '[' && !cells.IsVector(col.Type):
		return cells.Refused(col, raw, nil)
	case raw[0] == 't', raw[0] == 'f':
		if col.Type != schema.Bool {
			return cells.Refused(col, raw, nil)
		}
	case col.Type == schema.Bool, col.Type == schema.Text, col.Type == schema.Blob:
		return cells.Refused(col, raw, nil) // a number is none of these
	}
	return cells.Parse(col, v, raw)
}
