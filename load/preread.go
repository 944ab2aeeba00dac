package load

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync/atomic"

	"github.com/galley-db/galley/internal/csvrow"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/schema"
)

// preread are the rows of the only source, read in the same pass that finds the types
// of its columns. The first rows suggest the types. If all rows together have the same
// ones, the source is not read for its rows again.
type preread struct {
	fields *formats.CSVFields
	table  *schema.Schema // as the first rows suggest it; each column may be NULL
	most   int            // bytes of values of a file that is stored whole
	rows   int            // of such a file, 0 for any number

	failed atomic.Bool // a row is bad or has another type, or there are too many
	part   *formats.Part
	nulls  []bool // by column: a value is NULL
}

// The first rows are so many records, or so many bytes and one record more.
const (
	firstRows  = 2000
	firstBytes = 1 << 18
)

// preread returns nil where the rows of a source cannot be read before all of them
// were looked at.
func (l *loading) preread(ctx context.Context, src *source, opts formats.TextOptions) *preread {
	most := int64(wholeBytes / l.opts.Workers)
	if l.strict || l.opts.Evolve || len(l.sources) > 1 || src.size >= most {
		return nil
	}
	in, err := src.plain(ctx)
	if err != nil {
		return nil // and whatever is wrong is found by the caller
	}
	defer in.Close()
	rows := csvrow.NewReader(in, opts.Delimiter())
	header, first, err := formats.ReadHeader(rows, opts)
	if err != nil {
		return nil
	}
	b := &csvrow.Batch[looking]{}
	if first {
		b.Add(rows, nil)
	}
	if err := rows.Fill(&b.Block, firstRows, firstBytes); err != nil && !errors.Is(err, io.EOF) {
		return nil
	}
	table := l.suggested(ctx, b, header, &opts)
	if table == nil {
		return nil
	}
	fields, err := formats.NewCSVFields(header, table, opts)
	if err != nil {
		return nil
	}
	return &preread{fields: fields, table: table, most: int(most), rows: l.opts.PartRows, part: l.newPart(), nulls: make([]bool, len(table.Columns()))}
}

// suggested is the table that the rows of a block suggest, nil if they suggest none.
func (l *loading) suggested(ctx context.Context, b *csvrow.Batch[looking], header []string, opts *formats.TextOptions) *schema.Schema {
	gs := newGuesses(false, func(int64) {})
	columns, err := gs.columns(header, opts)
	if err != nil || gs.checked(ctx, b, columns, opts) != nil {
		return nil
	}
	gs.text = true
	for i, g := range columns {
		look(g, b, i, opts)
	}
	gs.folders(*opts, columns, gs.rows)
	found, _, err := l.found(gs, 0)
	if err != nil {
		return nil
	}
	for i := range found {
		found[i].Nullable = !found[i].Batch // a later row may be the first without a value
	}
	table, err := schema.New(l.opts.Table, found)
	if err != nil {
		return nil
	}
	return table
}

// read reads a block of records. Several blocks are read at once.
func (p *preread) read(b *csvrow.Batch[looking]) {
	spare := b.Of.chunk
	b.Of.chunk = nil
	if p.failed.Load() {
		return
	}
	if b.Of.kept {
		spare = nil
	}
	chunk, bad := p.fields.Block(spare, &b.Block, nil)
	if len(bad) > 0 {
		p.failed.Store(true)
		return
	}
	b.Of.chunk, b.Of.kept = chunk, false
}

// keep takes what was read of the next block of the file.
func (p *preread) keep(b *csvrow.Batch[looking]) {
	c := b.Of.chunk // which is looked at, too
	if p.failed.Load() || c == nil || p.part.Bytes+c.Size() >= p.most || p.rows > 0 && p.part.Rows+c.Rows >= p.rows {
		p.failed.Store(true) // also for the blocks behind, some of which are read
		p.close()
		return
	}
	if c.Rows == 0 {
		return
	}
	lines := make([]int64, b.Len())
	for k := range lines {
		lines[k] = b.Line(k)
	}
	for i := range c.Cells {
		p.nulls[i] = p.nulls[i] || slices.Contains(c.Cells[i].Nulls, true)
	}
	b.Of.kept = p.part.Take(c, lines)
}

// fits reports whether the rows are those that the source has for the table, which is
// what all of its rows suggest.
func (p *preread) fits(table *schema.Schema) bool {
	suggested, columns := p.table.Columns(), table.Columns()
	if p.failed.Load() || len(suggested) != len(columns) {
		return false
	}
	for i, c := range columns {
		if !c.Nullable && p.nulls[i] {
			return false // an empty value is none of NULL there
		}
		suggested[i].Nullable = c.Nullable
		if suggested[i] != c {
			return false
		}
	}
	return true
}

// take returns the rows as those of the table that fits. They are the caller's.
func (p *preread) take(table *schema.Schema) *formats.Part {
	part := p.part
	p.part = nil
	part.Fit(table)
	return part
}

// close gives the rows up.
func (p *preread) close() {
	if p != nil && p.part != nil {
		_ = p.part.Close()
	}
}
