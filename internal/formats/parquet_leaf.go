package formats

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
)

// leaf gives the values of one column of a file, with their levels.
type leaf struct {
	groups []parquet.RowGroup
	index  int

	values parquet.ColumnChunkValueReader
	group  parquet.RowGroup // that the values are of
	rows   int64            // of it, read so far
	buf    []parquet.Value
	ready  []parquet.Value // read and not taken yet
}

// peek makes sure that there is a value that was not taken, and reports false
// at the end of the file.
func (c *leaf) peek() (bool, error) {
	if c.buf == nil {
		c.buf = make([]parquet.Value, 1024)
	}
	for len(c.ready) == 0 {
		if c.values == nil {
			if len(c.groups) == 0 {
				return false, nil
			}
			chunks := c.groups[0].ColumnChunks()
			if c.index >= len(chunks) {
				return false, fmt.Errorf("%w: the column is missing in a row group", ErrFormat)
			}
			c.values = parquet.NewColumnChunkValueReader(chunks[c.index])
			c.group, c.groups, c.rows = c.groups[0], c.groups[1:], 0
		}
		n, err := c.values.ReadValues(c.buf)
		c.ready = c.buf[:n]
		if err != nil && !errors.Is(err, io.EOF) {
			return false, err
		}
		for i := range c.ready {
			if c.ready[i].RepetitionLevel() == 0 {
				c.rows++
			}
		}
		if n == 0 {
			c.end()
			if want := c.group.NumRows(); c.rows != want { // other values would stand beside those of other columns
				return false, fmt.Errorf("%w: damaged: a row group has %d rows, and the footer says %d; write the file again", ErrFormat, c.rows, want)
			}
		}
	}
	return true, nil
}

func (c *leaf) end() {
	if c.values != nil {
		_ = c.values.Close()
		c.values = nil
	}
}
