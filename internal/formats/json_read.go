package formats

import (
	"errors"
	"fmt"
	"io"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/jsonrow"
	"github.com/galley-db/galley/schema"
)

// jsonReader reads JSON objects into chunks.
type jsonReader struct {
	rows  *jsonrow.Reader
	in    io.Closer
	table *schema.Schema
	opts  TextOptions
	lines []int64

	fixed  []*string // by column: the text that it has in every row
	values [][]byte  // of an object, by column; nil where it has none
}

func newJSONReader(in io.ReadCloser, s *schema.Schema, opts TextOptions) (*jsonReader, error) {
	_, fixed, err := match(nil, s, opts)
	if wrong := (*HeaderError)(nil); errors.As(err, &wrong) && len(wrong.Folders) > 0 {
		return nil, &HeaderError{Table: wrong.Table, Folders: wrong.Folders} // missing columns are an error of their row
	}
	return &jsonReader{rows: jsonrow.NewReader(in), in: in, table: s, opts: opts, fixed: fixed, values: make([][]byte, len(s.Columns()))}, nil
}

func (r *jsonReader) Schema() *schema.Schema { return r.table }
func (r *jsonReader) Close() error           { return r.in.Close() }

// lineOf is the line of row k of the chunk filled last.
func (r *jsonReader) LineOf(k int) int64 { return r.lines[k] }

func (r *jsonReader) Next(c *cells.Chunk) error {
	c.Reset()
	r.lines = r.lines[:0]
	for !c.Full() {
		err := r.rows.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err // the file cannot be read any further
		}
		if err := r.row(c, r.rows.Row()); err != nil {
			if err := r.opts.Refuse(r.rows.Line(), r.rows.Row(), err); err != nil {
				return err
			}
			c.Truncate(c.Rows)
			continue
		}
		c.Rows++
		r.lines = append(r.lines, r.rows.Line())
		if r.opts.Taken != nil {
			if err := r.opts.Taken(r.rows.Line(), r.rows.Row); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *jsonReader) row(c *cells.Chunk, text []byte) error {
	clear(r.values)
	err := jsonrow.Members(text, func(name string, raw []byte) error {
		i, ok := r.table.Column(r.opts.Renamed(name))
		if !ok {
			return rowError(fmt.Sprintf("the table has no column %q", name))
		}
		if r.values[i] != nil {
			return fmt.Errorf("%w: %q; the column is %q", jsonrow.ErrTwice, name, r.table.Columns()[i].Name)
		}
		if r.values[i] = raw; r.opts.Batch != nil && i == r.table.Batch() {
			r.opts.Batch()
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i := range c.Columns {
		col, v, raw := &c.Columns[i], &c.Cells[i], r.values[i]
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
