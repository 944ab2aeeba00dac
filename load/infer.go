package load

import (
	"context"
	"fmt"
	"strings"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/internal/infer"
	"github.com/galley-db/galley/schema"
)

// Infer finds the columns of a table that hold every value of the sources
// exactly. It reads each source to its end. Columns come in the order in which
// they are first seen. Text that looks like numbers, times (RFC 3339, or the
// same with a space, without a zone, or a date alone: in UTC), or true and false
// gets that type if all of the column does. Numbers with leading zeros, and
// those that a number would round, are text, or JSON where they come from JSON.
// Parquet has its types, of which the wider is taken. A line that is not a row is an
// error with file and line. The columns are listed with what each type follows
// from, in the same order.
func Infer(ctx context.Context, opts Options) (*schema.Schema, []InferredColumn, error) {
	l := newLoading(nil, opts)
	l.strict = true
	defer l.close()
	err := l.find(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("infer the columns of %q: %w", opts.Table, err)
	}
	s, err := l.infer(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("infer the columns of %q: %w", opts.Table, err)
	}
	return s, l.inferred, nil
}

// InferredColumn says which type a column of a new table got, and why.
type InferredColumn struct {
	Name string
	Type string // as schema.Column.Spec writes it
	Why  string // in a few words; "" for a type that the source states
}

// guesses are the columns found so far.
type guesses struct {
	order   []*guessed
	by      map[string]*guessed // by name in lower case
	rows    int64
	text    bool  // there are sources of text
	strict  bool  // a line that is not a row is an error
	objects int64 // of JSON, that were begun
	tell    func(rows int64)
}

func newGuesses(strict bool, tell func(rows int64)) *guesses {
	return &guesses{by: map[string]*guessed{}, strict: strict, tell: tell}
}

// guessed is a column of text, of Parquet, or of both.
type guessed struct {
	infer.Guess
	typed *schema.Column
	from  string // the Parquet file that it is from
	files int    // Parquet files that have it
	hive  bool   // folders above a file stand for it
	late  bool   // rows before it had it not
	seen  int64  // the number of the JSON object that had it last
}

// counted counts a row, and now and then looks whether to go on.
func (gs *guesses) counted(ctx context.Context) error {
	if gs.rows++; gs.rows%20_000 != 0 {
		return nil
	}
	gs.tell(gs.rows)
	return ctx.Err()
}

// refuse returns the error for a line that is not a row, nil if it will be found
// when the source is read for the second time.
func (gs *guesses) refuse(opts *formats.TextOptions, line int64, text []byte, err error) error {
	if !gs.strict {
		return nil
	}
	return opts.Refuse(line, text, err)
}

func (gs *guesses) column(name string) *guessed {
	folded := strings.ToLower(name)
	g := gs.by[folded]
	if g == nil {
		g = &guessed{late: gs.rows > 0}
		g.Name = strings.Clone(name)
		gs.by[strings.Clone(folded)] = g
		gs.order = append(gs.order, g)
	}
	return g
}

func (l *loading) infer(ctx context.Context) (*schema.Schema, error) {
	gs := newGuesses(l.strict, l.looked)
	typed := 0
	var pre *preread
	defer func() { pre.close() }()
	for _, src := range l.sources {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		err := src.read(ctx, func() error {
			opts := l.textOptions(src)
			switch src.format {
			case formats.Parquet:
				typed++
				if err := src.identify(ctx); err != nil {
					return err
				}
				return gs.parquet(src, opts)
			case formats.CSV:
				pre = l.preread(ctx, src, opts)
				return gs.csv(ctx, src, opts, pre)
			}
			return gs.json(ctx, src, opts)
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", src.name, err)
		}
	}
	columns, inferred, err := l.found(gs, typed)
	if err != nil {
		return nil, err
	}
	l.inferred = inferred
	table, err := schema.New(l.opts.Table, columns)
	if err == nil && pre != nil && pre.fits(table) {
		l.sources[0].rows = pre.take(table)
	}
	return table, err
}

// found are the columns that hold all values.
func (l *loading) found(gs *guesses, typed int) (columns []schema.Column, inferred []InferredColumn, err error) {
	for _, g := range gs.order {
		c, err := g.column(gs, typed, l.opts.Types)
		if err != nil {
			return nil, nil, err
		}
		columns = append(columns, c)
		found := InferredColumn{Name: c.Name, Type: c.Spec()}
		if g.typed == nil && !g.given(l.opts.Types) {
			found.Why = g.Why("line")
		}
		inferred = append(inferred, found)
	}
	if err := l.checkRenamed(func(name string) bool { return gs.by[strings.ToLower(name)] != nil }); err != nil {
		return nil, nil, err
	}
	for name := range l.opts.Types {
		if gs.by[strings.ToLower(name)] == nil {
			return nil, nil, fmt.Errorf("no source has the column %q that a type is given for: %w", name, formats.ErrFormat)
		}
	}
	if len(columns) == 0 {
		return nil, nil, fmt.Errorf("%s: %w: it has no object with a value, so it has no columns", l.sources[0].name, formats.ErrFormat)
	}
	if l.opts.BatchColumn != "" && gs.by[strings.ToLower(l.opts.BatchColumn)] == nil {
		columns = append(columns, schema.Column{Name: l.opts.BatchColumn, Type: schema.Text, Batch: true})
	}
	return columns, inferred, nil
}

// given reports whether the type of a column was named by the caller.
func (g *guessed) given(types map[string]schema.Column) bool {
	_, ok := types[strings.ToLower(g.Name)]
	return ok
}

// column is the column that holds all values.
func (g *guessed) column(gs *guesses, typed int, types map[string]schema.Column) (schema.Column, error) {
	c := g.Guess.Column(gs.rows)
	c.Nullable = c.Nullable || g.late
	if g.typed != nil {
		t := *g.typed
		t.Nullable = t.Nullable || g.files < typed || gs.text && c.Nullable
		if !gs.text && !g.hive || g.Values == 0 {
			c = t
		} else {
			if t.Type == schema.Float64 && g.Exact(schema.Float64) {
				c.Type = schema.Float64
			}
			merged, err := infer.Merge(t, c)
			if err != nil {
				return c, fmt.Errorf("column %q is %v in %s and looks like %v in the text files; name one by the option Types: %w", g.Name, t.Type, g.from, c.Type, err)
			}
			c = merged
		}
	} else if typed > 0 {
		c.Nullable = true
	}
	c.Name = g.Name
	if want, ok := types[strings.ToLower(g.Name)]; ok {
		want.Name, want.Nullable = c.Name, want.Nullable || c.Nullable || want.NaNNull
		c = want
	}
	c.Nullable = c.Nullable || g.Empty > 0 && !formats.TakesEmpty(&c)
	return c, nil
}

// parquet takes the types of a file, without the constraints of the table that
// it came from.
func (gs *guesses) parquet(src *source, opts formats.TextOptions) error {
	d, err := src.parquet()
	if err != nil {
		return err
	}
	defer d.Close()
	var columns []*guessed
	for _, c := range d.Schema().Columns() {
		c = cells.Plain(c)
		c.Name = opts.Renamed(c.Name)
		g := gs.column(c.Name)
		columns = append(columns, g)
		if g.files++; g.typed == nil {
			g.typed, g.from = &c, src.name
			continue
		}
		merged, err := infer.Merge(*g.typed, c)
		if err != nil {
			return fmt.Errorf("column %q is %v here and %v in %s; name one by the option Types, or import the files into two tables: %w", c.Name, c.Type, g.typed.Type, g.from, err)
		}
		g.typed = &merged
	}
	gs.folders(opts, columns, max(d.Count(), 1))
	return nil
}
