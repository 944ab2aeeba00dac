package export

import (
	"context"
	"fmt"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/schema"
)

// ranges finds the keys of parts, whose ranges must not overlap.
func (j *job) ranges(ctx context.Context, w *writing, parts []*part) error {
	if len(parts) < 2 && j.data.perFile == 0 {
		return nil // the one file takes all rows
	}
	var before *part
	for _, p := range parts {
		one := j.part(w, p.folder, p.number)
		if err := p.bounds(ctx, one, w, j.data.columns); err != nil {
			return err
		}
		if p.rows == 0 {
			continue
		}
		if before != nil && compareKeys(before.last, 0, before.key, p.first, 0, p.key) >= 0 {
			return &MergeError{File: one.name, Table: j.table.Name, Column: j.key[0],
				Reason: "begins with a key that lies before the last one of an earlier part; replace the dataset once, with its key, so each file has keys of its own"}
		}
		before = p
	}
	return nil
}

// takes reports whether the next row belongs into the i-th of some parts, after it
// has got some.
func (d *dataset) takes(parts []*part, i int, rows *cursor, taken int64) bool {
	if len(parts) == 1 && d.perFile == 0 {
		return true
	}
	for _, p := range parts[i+1:] {
		if p.rows > 0 {
			return compareKeys(p.first, 0, p.key, rows.p.Cur, rows.p.Row, d.key) > 0
		}
	}
	p := parts[i]
	if d.perFile == 0 || p.rows+taken < d.perFile {
		return true
	}
	return p.rows > 0 && compareKeys(p.last, 0, p.key, rows.p.Cur, rows.p.Row, d.key) >= 0
}

// bounds finds the first and the last key of a part.
func (p *part) bounds(ctx context.Context, j *job, w *writing, columns *schema.Schema) error {
	d, err := j.earlier(w, columns)
	if err != nil {
		return fmt.Errorf("the existing file: %w", err)
	}
	defer func() { _ = d.Close() }()
	p.key = nil
	for _, name := range j.key {
		at, _ := j.schema.Column(name)
		i, ok := d.Schema().Column(name)
		if !ok || cells.FormOf(&d.Schema().Columns()[i]) != cells.FormOf(&j.schema.Columns()[at]) {
			return &MergeError{File: j.name, Table: j.table.Name, Column: name, Reason: "is part of the key, and the file has it not, or with another type"}
		}
		p.key = append(p.key, i)
	}
	p.first, p.last, p.rows = cells.New(d.Schema()), cells.New(d.Schema()), 0
	for c := cells.New(d.Schema()); ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := d.Next(c); err != nil {
			return fmt.Errorf("the existing file: %w", err)
		}
		if c.Rows == 0 {
			return nil
		}
		for k := range c.Rows {
			if p.rows == 0 || compareRows(c, k, p.first, 0, p.key) < 0 {
				keep(p.first, c, k)
			}
			if p.rows == 0 || compareRows(c, k, p.last, 0, p.key) > 0 {
				keep(p.last, c, k)
			}
			p.rows++
		}
	}
}

// keep makes a chunk of one row of another.
func keep(to, from *cells.Chunk, row int) {
	to.Reset()
	for i := range to.Cells {
		to.Cells[i].Copy(&from.Cells[i], row)
	}
	to.Rows = 1
}
