package export

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/formats"
)

// publish gives all files their names, and then writes the manifest.
func (w *writing) publish(m *Manifest) error {
	for _, j := range w.jobs {
		if err := w.opts.step("rename " + j.name); err != nil {
			return err
		}
		if err := j.file.publish(); err != nil {
			return err
		}
	}
	if err := w.opts.step("sync folder"); err != nil {
		return err
	}
	for _, folder := range w.published() {
		if err := w.opts.disk.syncFolder(folder); err != nil {
			return err
		}
	}
	if err := w.removeStale(); err != nil {
		return err
	}
	if err := w.opts.step("manifest"); err != nil {
		return err
	}
	all, err := m.merged(w.opts.Dir)
	if err != nil {
		return err
	}
	return all.write(w.opts.disk, w.manifest, w.opts.Perm)
}

// published returns the folders in which files got their names.
func (w *writing) published() []string {
	var folders []string
	for _, j := range w.jobs {
		folders = append(folders, filepath.Dir(j.path))
	}
	slices.Sort(folders)
	return slices.Compact(folders)
}

// clear reads all files back and removes the database.
func (w *writing) clear(ctx context.Context) error {
	for _, j := range w.jobs {
		if err := w.opts.step("verify " + j.name); err != nil {
			return err
		}
		if err := j.verify(ctx, w); err != nil {
			return err
		}
	}
	if err := w.opts.step("clear"); err != nil {
		return err
	}
	if err := w.from.(clearer).ClearSince(ctx, w.mark); err != nil {
		return fmt.Errorf("the files are written and were read back, but the database stays: %w", err)
	}
	return w.opts.step("cleared")
}

// verify decodes the file and compares its rows with those written into it.
func (j *job) verify(ctx context.Context, w *writing) error {
	path := filepath.Join(w.opts.Dir, j.name)
	sum, err := formats.SumFile(path)
	if err != nil {
		return &VerifyError{File: path, Reason: "it cannot be read", Err: err}
	}
	if sum != j.entry.SHA256 {
		return &VerifyError{File: path, Reason: "its bytes are others than were written"}
	}
	d, err := w.opts.Format.Decoder(path, j.result)
	if err != nil {
		return &VerifyError{File: path, Reason: "it cannot be opened", Err: err}
	}
	defer d.Close()
	if d.Schema().Fingerprint() != j.result.Fingerprint() {
		return &VerifyError{File: path, Reason: "its columns are others"}
	}
	sums, rows := cells.NewDigest(len(j.result.Columns())), int64(0)
	for c := cells.New(d.Schema()); ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := d.Next(c); err != nil {
			return &VerifyError{File: path, Reason: fmt.Sprintf("after row %d", rows), Err: err}
		}
		if c.Rows == 0 {
			break
		}
		rows += int64(c.Rows)
		sums.Add(c)
	}
	if rows != j.entry.Rows {
		return &VerifyError{File: path, Reason: fmt.Sprintf("it has %d rows, and %d were written", rows, j.entry.Rows)}
	}
	for i, sum := range sums.Sums() {
		if c := &j.entry.Columns[i]; sum != c.Sum {
			return &VerifyError{File: path, Reason: fmt.Sprintf("the values of column %q differ", c.Name)}
		}
	}
	return nil
}
