package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/internal/jsonrow"
)

// member is a value of a JSON object.
type member struct {
	of  *guessed
	raw []byte
}

func (gs *guesses) json(ctx context.Context, src *source, opts formats.TextOptions) error {
	gs.text = true
	in, err := src.text(ctx)
	if err != nil {
		return err
	}
	defer in.Close()
	rows := jsonrow.NewReader(in)
	before, folders := gs.rows, opts.PartitionNames()
	var members []member
	for {
		gs.objects++
		err := rows.Next()
		if errors.Is(err, io.EOF) {
			return src.summed()
		}
		if err != nil {
			return err
		}
		// Values count once all of the object is known to be a row: a column that a
		// row lacks may be NULL, however often another object has it.
		members = members[:0]
		err = jsonrow.Members(rows.Row(), func(name string, raw []byte) error {
			g := gs.column(opts.Renamed(name))
			if g.seen == gs.objects {
				return fmt.Errorf("%w: %q", jsonrow.ErrTwice, name)
			}
			g.seen = gs.objects
			members = append(members, member{g, raw})
			return nil
		})
		if err != nil {
			if gs.rows == before && !errors.Is(err, jsonrow.ErrTwice) {
				return fmt.Errorf("line %d: %w", rows.Line(), err) // of the first row: nothing has columns
			}
			if err := gs.refuse(&opts, rows.Line(), rows.Row(), err); err != nil {
				return err
			}
			continue // it is found when it is read
		}
		for _, m := range members {
			m.of.JSON(rows.Line(), m.raw)
		}
		for _, name := range folders {
			if gs.column(name).seen != gs.objects {
				gs.hive(name, opts.Partitions[name], 1)
			}
		}
		if err := gs.counted(ctx); err != nil {
			return err
		}
	}
}

// hive adds a value that a file's folders stand for, in so many rows of the file: all
// where the file does not have the column, or those of JSON that lack it.
func (gs *guesses) hive(name, value string, rows int64) {
	g := gs.column(name)
	g.hive = true
	for range min(rows, 2) { // more of the same says nothing new
		g.Text(1, []byte(value))
	}
	g.Values += rows - min(rows, 2)
}

// folders adds the values that a file's folders stand for to a file with these columns.
func (gs *guesses) folders(opts formats.TextOptions, columns []*guessed, rows int64) {
	for _, name := range opts.PartitionNames() {
		if !slices.Contains(columns, gs.by[strings.ToLower(name)]) {
			gs.hive(name, opts.Partitions[name], rows)
		}
	}
}
