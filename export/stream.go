package export

import (
	"context"
	"fmt"
	"io"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/store"
)

// Stream writes one table to a writer, in the form of the file that [Write] writes
// for it, and returns the number of rows. Of opts it takes Tables, which must be
// one whose form is one file, Format and Progress; the others must be zero. Rows in
// quarantine are not written. Stream reads the table in one snapshot. After an
// error the writer may have a part of the table.
func Stream(ctx context.Context, from store.Backend, to io.Writer, opts Options) (rows int64, err error) {
	w := newWriting(from, opts)
	if len(opts.Tables) != 1 || opts.Existing != Refuse || opts.Clear || len(opts.CountDistinct) > 0 || opts.partitioned() {
		return 0, fmt.Errorf("export: %w: a stream has one table, and cannot be merged, replaced, cleared, partitioned or counted", store.ErrOptions)
	}
	if err := w.plan(ctx); err != nil {
		return 0, fmt.Errorf("export: %w", err)
	}
	j := w.jobs[0] // the rows in quarantine are behind it
	if j.form == "wide" && len(w.jobs) > 1 {
		return 0, fmt.Errorf("export: %w: the wide form of %q is %d files; name one of Values, or set OneTable", store.ErrOptions, opts.Tables[0].Name, len(w.jobs))
	}
	source, err := j.rows(ctx, w, false)
	if err == nil {
		rows, err = j.encode(ctx, w, source, to, func(*cells.Chunk) {})
	}
	if err != nil {
		return rows, fmt.Errorf("export table %q: %w", opts.Tables[0].Name, err)
	}
	return rows, nil
}
