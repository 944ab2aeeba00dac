package export

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
)

// clearer is a database that can be cleared once it is written out.
type clearer interface {
	Mark(ctx context.Context) (sqlite.Mark, error)
	ClearSince(ctx context.Context, m sqlite.Mark) error
	ForeignTables(ctx context.Context) ([]string, error)
}

// Write writes tables into files: TABLE.parquet and the like,
// TABLE.VALUE.wide.parquet for the wide form, TABLE.rejected.parquet for the rows
// in the quarantine of a table that is written whole, and a manifest that
// describes them.
//
// With Options.PartitionBy or Options.RowsPerFile a table is a folder of files,
// TABLE/column=value/part-0.parquet. It is read in one snapshot, in the order of its
// partitions. More than 10,000 files are a *[PartitionError]. Under Merge the key
// must have all columns of PartitionBy, and a partition without rows in the table
// stays. All files have the same columns then: where the table and the files differ,
// each file is written again. Under Replace the files that the folder had and that are not written again
// are removed. A data file in the folder that is not of the dataset is [ErrExists]. So
// is an earlier export of the table in the other form, TABLE.parquet or a folder, which
// Replace removes: both would double the rows for readers of the folder.
//
// Write writes and syncs each file beside the file that it replaces. When all
// files are complete it renames them, and then writes the manifest. A crash or
// an error leaves each file in its old or its new state, whole. Each table is
// read in one snapshot while others continue to write. Memory does not grow
// with the tables.
//
// A stored value that does not fit the type of its column, as another program
// may have written it, is a *store.StoredError, and nothing is written. A float
// in a float32 column is rounded to a float32, and refused under Clear.
//
// Under Merge the rows of an earlier file stay: a row whose key is in the table
// gets the table's values, and all others are kept. The wide form also keeps a
// value for which the table no longer has a row. Keys must be unique: a
// *[DuplicateError] names two rows that share one, and nothing is written.
//
// Under Clear, Write opens each file again, decodes it, and compares it with
// the rows and values that it read from the database (a *[VerifyError] names a
// difference). It then removes the database, provided that no process has
// written to it since the export began. All tables must be written, in their
// normal form and without Where: [ErrPartial].
//
// Calls for one folder run one after the other, also in several processes: Write
// holds a lock on the folder until it returns, and Options.Waiting reports that it
// waits for one. On a file system without file locks it cannot, and Clear returns
// [ErrNoLock].
//
// Where a file is a symbolic link, Write replaces the file that the link points
// to.
func Write(ctx context.Context, from store.Backend, opts Options) (*Manifest, error) {
	w := newWriting(from, opts)
	defer w.close()
	m, err := w.write(ctx)
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	return m, nil
}

func newWriting(from store.Backend, opts Options) *writing {
	w := &writing{from: from, opts: opts}
	if opts.Perm == 0 {
		w.opts.Perm = 0o600
	}
	if opts.Dir == "" {
		w.opts.Dir = "."
	}
	if opts.step == nil {
		w.opts.step = func(string) error { return nil }
	}
	if opts.disk == nil {
		w.opts.disk = system{}
	}
	w.before = sync.OnceValues(func() (*Manifest, error) { return ReadManifest(w.opts.Dir) })
	return w
}

// writing is one call of Write or Stream.
type writing struct {
	from     store.Backend
	opts     Options
	mark     sqlite.Mark
	jobs     []*job
	datasets []*dataset                // of which files were written
	stale    []string                  // files of an earlier export in another form
	manifest string                    // path of the manifest's file
	before   func() (*Manifest, error) // the folder's manifest when the export began
	unlocked bool                      // the file system has no locks
	tidy     []func()
}

func (w *writing) close() {
	for _, j := range w.jobs {
		if j.file != nil {
			j.file.discard()
		}
	}
	for _, f := range slices.Backward(w.tidy) {
		f()
	}
}

func (w *writing) write(ctx context.Context) (*Manifest, error) {
	if w.opts.Clear {
		c, ok := w.from.(clearer)
		if !ok {
			return nil, ErrNoClear
		}
		var err error
		if w.mark, err = c.Mark(ctx); err != nil {
			return nil, err
		}
		foreign, err := c.ForeignTables(ctx)
		if err == nil && len(foreign) > 0 {
			err = fmt.Errorf("%w: galley did not create table %q, which would be lost with the database; move it into another file, or do not clear", ErrPartial, foreign[0])
		}
		if err != nil {
			return nil, err
		}
	}
	if err := w.plan(ctx); err != nil {
		return nil, err
	}
	if err := w.lock(ctx); err != nil {
		return nil, err
	}
	if err := w.existing(); err != nil {
		return nil, err
	}
	planned := w.jobs
	w.jobs = nil
	for _, j := range planned {
		if err := w.writeJob(ctx, j); err != nil {
			return nil, fmt.Errorf("%s: %w", j.name, err)
		}
	}
	m := &Manifest{Format: manifestFormat}
	for _, j := range w.jobs {
		m.Files = append(m.Files, j.entry)
	}
	if err := w.publish(m); err != nil {
		return nil, err
	}
	if w.opts.Clear {
		if err := w.clear(ctx); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// writeJob writes the file of a job, or all files of a dataset.
func (w *writing) writeJob(ctx context.Context, j *job) error {
	if j.data != nil {
		return j.writeParts(ctx, w)
	}
	w.jobs = append(w.jobs, j)
	return j.write(ctx, w)
}
