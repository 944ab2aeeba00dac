package formats

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/schema"
)

// jsonReader reads one JSON object a line into chunks.
type jsonReader struct {
	scan  *CSVScanner // for its lines
	in    io.Closer
	table *schema.Schema
	opts  TextOptions
	lines []int64

	values [][]byte // of a line, by column; nil where it has none
}

func newJSONReader(in io.ReadCloser, s *schema.Schema, opts TextOptions) *jsonReader {
	return &jsonReader{scan: NewCSVScanner(in, ','), in: in, table: s, opts: opts, values: make([][]byte, len(s.Columns()))}
}

func (r *jsonReader) Schema() *schema.Schema { return r.table }
func (r *jsonReader) Close() error           { return r.in.Close() }

// lineOf is the line of row k of the chunk filled last.
func (r *jsonReader) LineOf(k int) int64 { return r.lines[k] }

func (r *jsonReader) Next(c *cells.Chunk) error {
	c.Reset()
	r.lines = r.lines[:0]
	for !c.Full() {
		line, err := r.scan.ReadLine()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if err := r.row(c, line); err != nil {
			if err := r.opts.Refuse(r.scan.lines, line, err); err != nil {
				return err
			}
			c.Truncate(c.Rows)
			continue
		}
		c.Rows++
		r.lines = append(r.lines, r.scan.lines)
	}
	return nil
}

func (r *jsonReader) row(c *cells.Chunk, line []byte) error {
	clear(r.values)
	err := CutObject(line, func(name string, raw []byte) error {
		i, ok := r.table.Column(name)
		if !ok {
			return fmt.Errorf("%w: the table has no column %q", ErrFormat, name)
		}
		r.values[i] = raw
		return nil
	})
	if err != nil {
		return err
	}
	for i := range c.Columns {
		col, v, raw := &c.Columns[i], &c.Cells[i], r.values[i]
		switch {
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
		text, err := unquoteJSON(raw)
		if err != nil {
			return cells.Refused(col, raw, err)
		}
		return cells.Parse(col, v, text)
	case raw[0] == '{', raw[0] == '[' && !cells.IsVector(col.Type):
		return cells.Refused(col, raw, nil)
	case col.Type == schema.Text, col.Type == schema.Blob:
		return cells.Refused(col, raw, nil) // a number is not a text
	}
	return cells.Parse(col, v, raw)
}
