package export

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/galley-db/galley/schema"
)

// jsonReader reads one JSON object a line into chunks.
type jsonReader struct {
	scan  *csvScanner // for its lines
	in    io.Closer
	table *schema.Schema
	opts  textOptions
	lines []int64

	values [][]byte // of a line, by column; nil where it has none
}

func newJSONReader(in io.ReadCloser, s *schema.Schema, opts textOptions) *jsonReader {
	return &jsonReader{scan: newCSVScanner(in, ','), in: in, table: s, opts: opts, values: make([][]byte, len(s.Columns()))}
}

func (r *jsonReader) schema() *schema.Schema { return r.table }
func (r *jsonReader) close() error           { return r.in.Close() }

// lineOf is the line of row k of the chunk filled last.
func (r *jsonReader) lineOf(k int) int64 { return r.lines[k] }

func (r *jsonReader) next(c *chunk) error {
	c.reset()
	r.lines = r.lines[:0]
	for !c.full() {
		line, err := r.scan.readLine()
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
			if err := r.opts.refuse(r.scan.lines, line, err); err != nil {
				return err
			}
			c.truncate(c.rows)
			continue
		}
		c.rows++
		r.lines = append(r.lines, r.scan.lines)
	}
	return nil
}

func (r *jsonReader) row(c *chunk, line []byte) error {
	clear(r.values)
	err := cutObject(line, func(name string, raw []byte) error {
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
	for i := range c.columns {
		col, v, raw := &c.columns[i], &c.cells[i], r.values[i]
		switch {
		case raw == nil || string(raw) == "null" && (col.Type != schema.JSON || col.Nullable):
			if !col.Nullable {
				return &schema.ValueError{Column: col.Name, Err: schema.ErrNull}
			}
			v.null()
		default:
			if err := parseJSON(col, v, raw); err != nil {
				return err
			}
		}
	}
	return nil
}

// parseJSON adds a JSON value that is not null.
func parseJSON(col *schema.Column, v *cells, raw []byte) error {
	switch {
	case col.Type == schema.JSON:
		return parseCell(col, v, raw)
	case raw[0] == '"':
		text, err := unquoteJSON(raw)
		if err != nil {
			return refused(col, raw, err)
		}
		return parseCell(col, v, text)
	case raw[0] == '{', raw[0] == '[' && !isVector(col.Type):
		return refused(col, raw, nil)
	case col.Type == schema.Text, col.Type == schema.Blob:
		return refused(col, raw, nil) // a number is no text
	}
	return parseCell(col, v, raw)
}
