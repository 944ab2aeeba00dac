package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/schema"
)

// Infer finds the columns of a table that all rows of the sources fit in, of
// which it reads each to its end. Columns come in the order in which they are
// first seen. Text that looks like numbers, times (RFC 3339, or the same with
// a space, without a zone, or a date alone: in UTC), or true and false gets
// that type if all of the column does; numbers with leading zeros are text.
// Parquet has its types.
func Infer(ctx context.Context, opts Options) (*schema.Schema, error) {
	paths, err := expand(opts.Sources)
	if err != nil {
		return nil, fmt.Errorf("infer the columns of %q: %w", opts.Table, err)
	}
	s, err := (&loading{opts: opts}).infer(ctx, paths)
	if err != nil {
		return nil, fmt.Errorf("infer the columns of %q: %w", opts.Table, err)
	}
	return s, nil
}

// guesses are the columns found so far.
type guesses struct {
	order []*guess
	by    map[string]*guess
	rows  int64
	typed *schema.Schema // of Parquet
	tell  func(rows int64)
}

// counted counts a row, and now and then looks whether to go on.
func (gs *guesses) counted(ctx context.Context) error {
	if gs.rows++; gs.rows%20_000 != 0 {
		return nil
	}
	gs.tell(gs.rows)
	return ctx.Err()
}

func (gs *guesses) column(name string) *guess {
	g := gs.by[name]
	if g == nil {
		g = &guess{name: name, null: gs.rows > 0}
		gs.by[name] = g
		gs.order = append(gs.order, g)
	}
	return g
}

func (l *loading) infer(ctx context.Context, paths []string) (*schema.Schema, error) {
	gs := &guesses{by: map[string]*guess{}, tell: l.looked}
	for _, path := range paths {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		f, opts, err := l.format(path)
		if err == nil {
			switch f {
			case formats.Parquet:
				err = gs.parquet(path)
			case formats.CSV:
				err = gs.csv(ctx, path, opts)
			default:
				err = gs.json(ctx, path)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	if gs.typed != nil && len(gs.order) == 0 {
		return gs.typed.Named(l.opts.Table)
	}
	if gs.typed != nil {
		return nil, fmt.Errorf("sources of Parquet and of text together do not tell the types; make the table first: %w", formats.ErrFormat)
	}
	columns := make([]schema.Column, len(gs.order))
	for i, g := range gs.order {
		columns[i] = g.column(gs.rows)
	}
	return schema.New(l.opts.Table, columns)
}

// parquet takes the types of the first file; what differs in another is found
// when it is read. Constraints of the table that it came from are left behind.
func (gs *guesses) parquet(path string) error {
	d, err := formats.OpenParquet(path)
	if err != nil || gs.typed != nil {
		if err == nil {
			err = d.Close()
		}
		return err
	}
	columns := make([]schema.Column, len(d.Schema().Columns()))
	for i, c := range d.Schema().Columns() {
		columns[i] = cells.Plain(c)
	}
	s, err := schema.New(d.Schema().Name(), columns)
	gs.typed = s
	return errors.Join(err, d.Close())
}

// csv looks at all rows. Invalid rows are found when they are read.
func (gs *guesses) csv(ctx context.Context, path string, opts formats.TextOptions) error {
	in, err := formats.OpenText(path)
	if err != nil {
		return err
	}
	defer in.Close()
	scan := formats.NewCSVScanner(in, opts.Comma)
	header, err := formats.ReadHeader(scan)
	if err != nil {
		return err
	}
	columns := make([]*guess, len(header))
	for i, name := range header {
		columns[i] = gs.column(name)
	}
	for {
		err := scan.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, formats.ErrFormat):
			continue
		case err != nil:
			return err
		}
		fields := scan.Fields()
		if len(fields) != len(columns) {
			continue
		}
		for i, g := range columns {
			g.text(fields[i], scan.Empty(i))
		}
		if err := gs.counted(ctx); err != nil {
			return err
		}
	}
}

func (gs *guesses) json(ctx context.Context, path string) error {
	in, err := formats.OpenText(path)
	if err != nil {
		return err
	}
	defer in.Close()
	scan := formats.NewCSVScanner(in, ',')
	for {
		line, err := scan.ReadLine()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		// A line that is not an object is found when it is read.
		err = formats.CutObject(line, func(name string, raw []byte) error {
			gs.column(strings.Clone(name)).json(raw)
			return nil
		})
		if err != nil {
			continue
		}
		if err := gs.counted(ctx); err != nil {
			return err
		}
	}
}
