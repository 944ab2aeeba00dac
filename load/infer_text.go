package load

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/internal/jsonrow"
)

func (gs *guesses) json(ctx context.Context, src *source, opts formats.TextOptions) error {
	gs.text = true
	in, err := src.text(ctx)
	if err != nil {
		return err
	}
	defer in.Close()
	rows := jsonrow.NewReader(in)
	before := gs.rows
	for {
		gs.objects++
		err := rows.Next()
		if errors.Is(err, io.EOF) {
			gs.hive(opts, gs.rows-before)
			return nil
		}
		if err != nil {
			return err
		}
		// A value that is not an object is found when it is read.
		err = jsonrow.Members(rows.Row(), func(name string, raw []byte) error {
			g := gs.column(opts.Renamed(name))
			if g.seen == gs.objects && gs.strict {
				return fmt.Errorf("%w: %q", jsonrow.ErrTwice, name)
			}
			g.seen = gs.objects
			g.JSON(rows.Line(), raw)
			return nil
		})
		if err != nil {
			if gs.rows == before && !errors.Is(err, jsonrow.ErrTwice) {
				return fmt.Errorf("line %d: %w", rows.Line(), err) // of the first row: nothing has columns
			}
			if err := gs.refuse(&opts, rows.Line(), rows.Row(), err); err != nil {
				return err
			}
			continue
		}
		if err := gs.counted(ctx); err != nil {
			return err
		}
	}
}

// hive adds the values that a file's folders stand for, one a row.
func (gs *guesses) hive(opts formats.TextOptions, rows int64) {
	for _, name := range opts.PartitionNames() {
		g := gs.column(name)
		g.typed = nil
		for range min(rows, 2) { // more of the same says nothing new
			g.Text(1, []byte(opts.Partitions[name]))
		}
		g.Values += rows - min(rows, 2)
	}
}
