package export

import (
	"context"
	"errors"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/schema"
)

// fileStream is the rows of a file with these columns.
func fileStream(columns *schema.Schema, open func() (formats.Decoder, error)) cells.Stream {
	return cells.Stream{Schema: columns, Run: func(ctx context.Context, f *cells.Feeder) (err error) {
		d, err := open()
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, d.Close()) }()
		for {
			if err := d.Next(f.Chunk); err != nil {
				return err
			}
			if f.Chunk.Rows == 0 {
				return nil
			}
			if err := f.Hand(); err != nil {
				return err
			}
		}
	}}
}
