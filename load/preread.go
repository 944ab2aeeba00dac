package load

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync/atomic"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/csvrow"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/schema"
)

// preread are the rows of the only source, read in the same pass that finds the types
// of its columns. The first rows suggest the types. If all rows together have the same
// ones, the source is not read for its rows again. It is a [formats.Decoder] of them.
type preread struct {
	fields *formats.CSVFields
	table  *schema.Schema // as the first rows suggest it; each column may be NULL
	most   int            // bytes of values that are kept
	rows   int            // that are kept, 0 for any number

	failed atomic.Bool // a row is bad or has another type, or there are too many
	blocks []keptBlock
	bytes  int
	count  int
	lines  []int64 // of the block handed out last
}

// keptBlock is a block of rows, and the line of each.
type keptBlock struct {
	chunk *cells.Chunk
	lines []int64
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
	return &preread{fields: fields, table: table, most: int(most), rows: l.opts.PartRows}
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
	b.Of.chunk = nil
	if p.failed.Load() {
		return
	}
	chunk, bad := p.fields.Block(nil, &b.Block, nil)
	if len(bad) > 0 {
		p.failed.Store(true)
		return
	}
	b.Of.chunk = chunk
}

// keep takes what was read of the next block of the file.
func (p *preread) keep(b *csvrow.Batch[looking]) {
	c := b.Of.chunk // which is looked at, too
	if c != nil {
		p.bytes += c.Size()
		p.count += c.Rows
	}
	if c == nil || p.bytes >= p.most || p.rows > 0 && p.count >= p.rows {
		p.failed.Store(true)
		p.blocks = nil
		return
	}
	if c.Rows == 0 {
		return
	}
	lines := make([]int64, b.Len())
	for k := range lines {
		lines[k] = b.Line(k)
	}
	p.blocks = append(p.blocks, keptBlock{c, lines})
}

// fits reports whether the rows are those that the source has for the table, which is
// what all of its rows suggest.
func (p *preread) fits(table *schema.Schema) bool {
	suggested, columns := p.table.Columns(), table.Columns()
	if p.failed.Load() || len(suggested) != len(columns) {
		return false
	}
	for i, c := range columns {
		if !c.Nullable && slices.ContainsFunc(p.blocks, func(b keptBlock) bool { return slices.Contains(b.chunk.Cells[i].Nulls, true) }) {
			return false // an empty value is none of NULL there
		}
		suggested[i].Nullable = c.Nullable
		if suggested[i] != c {
			return false
		}
	}
	return true
}

// Schema is the table that the first rows suggest.
func (p *preread) Schema() *schema.Schema { return p.table }

// Next fills c, a chunk of the table that fits, with the next rows.
func (p *preread) Next(c *cells.Chunk) error {
	c.Reset()
	if len(p.blocks) > 0 {
		c.Swap(p.blocks[0].chunk)
		p.lines = p.blocks[0].lines
		p.blocks[0] = keptBlock{}
		p.blocks = p.blocks[1:]
	}
	return nil
}

// LineOf is the line of row k of the chunk filled last.
func (p *preread) LineOf(k int) int64 { return p.lines[k] }

// Close does nothing: the source is closed.
func (p *preread) Close() error { return nil }
