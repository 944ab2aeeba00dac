package load

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/galley-db/galley/internal/ahead"
	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/csvrow"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/schema"
)

// looking is a block of records that several goroutines look at, each at columns of
// its own.
type looking struct {
	chunk *cells.Chunk // the rows, nil where they are not read yet
	kept  bool         // the chunk belongs to the part of a preread
	rows  []int        // of the block, the records that are rows
	left  atomic.Int32
}

// csv looks at all rows. Lines that are not rows are found when they are read, or
// here, by Infer, which reads once. A column is looked at by one goroutine, in the
// order of the rows, because a guess depends on what came before. The rows are read
// into pre at the same time, unless it is nil.
func (gs *guesses) csv(ctx context.Context, src *source, opts formats.TextOptions, pre *preread) error {
	gs.text = true
	in, err := src.text(ctx)
	if err != nil {
		return err
	}
	defer in.Close()
	rows := csvrow.NewReader(in, opts.Delimiter())
	header, first, err := formats.ReadHeader(rows, opts)
	if err != nil {
		return err
	}
	columns, err := gs.columns(header, &opts)
	if err != nil {
		return err
	}
	before := gs.rows
	width, read := len(header), (func(*csvrow.Batch[looking]))(nil)
	if pre != nil {
		width, read = len(pre.table.Columns()), pre.read
	}
	blocks := csvrow.ReadAhead(rows, first, cells.RowsOf(width), read)
	defer blocks.Stop()
	to, wait := gs.lookers(blocks, columns, &opts)
	defer wait() // before the batches end
	for {
		b, err := blocks.Next()
		if errors.Is(err, io.EOF) {
			wait()
			gs.folders(opts, columns, gs.rows-before)
			return src.summed()
		}
		if err != nil {
			return err
		}
		if err := gs.checked(ctx, b, columns, &opts); err != nil {
			return err
		}
		if pre != nil {
			pre.keep(b)
		}
		b.Of.left.Store(int32(len(to)))
		for _, looker := range to {
			looker <- b
		}
	}
}

// columns are those of a header.
func (gs *guesses) columns(header []string, opts *formats.TextOptions) ([]*guessed, error) {
	columns := make([]*guessed, len(header))
	for i, name := range header {
		columns[i] = gs.column(name)
		if slices.Contains(columns[:i], columns[i]) {
			return nil, &formats.HeaderError{Table: opts.Table, Twice: []string{name}}
		}
	}
	return columns, nil
}

// lookers starts goroutines that look at the blocks sent to all of them, and give
// them back. wait ends them, and returns when they have ended. If one panicked, wait
// panics with the same value.
func (gs *guesses) lookers(blocks *ahead.Reader[csvrow.Batch[looking]], columns []*guessed, opts *formats.TextOptions) (to []chan *csvrow.Batch[looking], wait func()) {
	n := min(ahead.Parallel(), len(columns))
	to = make([]chan *csvrow.Batch[looking], n)
	panicked := make([]any, n)
	each := func(w int, b *csvrow.Batch[looking]) {
		defer func() {
			if p := recover(); p != nil {
				panicked[w] = p
			}
			if b.Of.left.Add(-1) == 0 {
				blocks.Release(b)
			}
		}()
		for i := w; i < len(columns); i += n {
			look(columns[i], b, i, opts)
		}
	}
	var all sync.WaitGroup
	for w := range to {
		given := make(chan *csvrow.Batch[looking], 1)
		to[w] = given
		all.Go(func() {
			for b := range given {
				each(w, b)
			}
		})
	}
	return to, sync.OnceFunc(func() {
		for _, looker := range to {
			close(looker)
		}
		all.Wait()
		for _, p := range panicked {
			if p != nil {
				panic(p)
			}
		}
	})
}

// look adds the values of field i to the guess of its column.
func look(g *guessed, b *csvrow.Batch[looking], i int, opts *formats.TextOptions) {
	if c := b.Of.chunk; c != nil && c.Columns[i].Name == g.Name && plain(&c.Cells[i]) && g.Read(c.Columns[i].Type, int64(c.Rows)) {
		return
	}
	for _, k := range b.Of.rows {
		fields := b.Fields(k)
		field, quoted := fields.At(i)
		quoted = quoted && fields.Len() > 1 // alone, an empty field is NULL with quotes, too
		switch {
		case !opts.Null(field, quoted, false):
			g.Text(b.Line(k), field)
		case quoted:
			g.Quoted()
		default:
			g.Null()
		}
	}
}

// plain reports whether no value of a column that was read is NULL, and each number is
// one that a float64 holds. An empty text in quotes counts as any other, because the
// column is one of texts for good.
func plain(v *cells.Cells) bool {
	return !slices.Contains(v.Nulls, true) &&
		!slices.ContainsFunc(v.Ints, func(n int64) bool { return n >= 1<<53 || n <= -1<<53 })
}

// checked counts the rows of a block, and lists them. A line that is not a row, and
// for Infer a text that no column takes, is an error unless it is found later.
func (gs *guesses) checked(ctx context.Context, b *csvrow.Batch[looking], columns []*guessed, opts *formats.TextOptions) error {
	b.Of.rows = b.Of.rows[:0]
	for k := range b.Len() {
		err := b.Err(k)
		if err == nil {
			fields := b.Fields(k)
			err = formats.CheckWidth(fields.Len(), len(columns))
		}
		if err != nil {
			if err := gs.refuse(opts, b.Line(k), b.Text(k), err); err != nil {
				return err
			}
			continue
		}
		if gs.strict {
			if err := gs.texts(b, k, columns, opts); err != nil {
				return err
			}
		}
		b.Of.rows = append(b.Of.rows, k)
		if err := gs.counted(ctx); err != nil {
			return err
		}
	}
	return nil
}

// texts checks the texts of a row.
func (gs *guesses) texts(b *csvrow.Batch[looking], k int, columns []*guessed, opts *formats.TextOptions) error {
	fields := b.Fields(k)
	for i, g := range columns {
		field, quoted := fields.At(i)
		if opts.Null(field, quoted && fields.Len() > 1, false) {
			continue
		}
		column := schema.Column{Name: g.Name}
		if err := column.CheckText(string(field)); err != nil {
			if err := opts.Refuse(b.Line(k), b.Text(k), err); err != nil {
				return err
			}
		}
	}
	return nil
}
