package export

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/galley-db/galley/internal/cells"
)

// part is a file that a dataset has already.
type part struct {
	folder string // below that of the table, with slashes; "" for the table's own
	number int

	// The range of its keys, once bounds has read it. The chunks have one row, or
	// none if the file has none.
	first, last *cells.Chunk
	key         []int // the key's columns in the chunks
	rows        int64
}

// partName is the name of a file of a dataset.
func partName(number int, extension string) string {
	return "part-" + strconv.Itoa(number) + extension
}

// partNumber is the inverse of partName.
func partNumber(name, extension string) (int, bool) {
	digits, ours := strings.CutPrefix(name, "part-")
	digits, typed := strings.CutSuffix(digits, extension)
	n, err := strconv.Atoi(digits)
	return n, ours && typed && err == nil && n >= 0 && partName(n, extension) == name
}

// find finds the files that the dataset's folder has, and removes what killed
// exports left of them. Folders whose names do not say column=value are not
// galley's.
func (d *dataset) find(w *writing, root string) error {
	d.root = root
	info, err := os.Lstat(root)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%w: %s, which must be a folder for the files of table %q; move it away", ErrExists, root, d.schema.Name())
	}
	extension := w.opts.Format.Extension()
	err = filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		folder := filepath.ToSlash(rel)
		number, ours := partNumber(e.Name(), extension)
		switch {
		case folder == ".":
			d.folders[""] = true
		case !ours && !strings.Contains(e.Name(), "="):
			if e.IsDir() {
				return fs.SkipDir
			}
			d.sweep(w, path, extension)
		case e.IsDir():
			return d.claim(folder)
		case !e.Type().IsRegular():
			return fmt.Errorf("%s: a dataset has no links, and this is one; remove it", path)
		case ours:
			if folder = filepath.ToSlash(filepath.Dir(rel)); folder == "." {
				folder = ""
			}
			d.found[folder] = append(d.found[folder], &part{folder: folder, number: number})
		}
		return nil
	})
	if err != nil {
		return err
	}
	for folder, parts := range d.found {
		slices.SortFunc(parts, func(a, b *part) int { return a.number - b.number })
		path := filepath.Join(root, filepath.FromSlash(folder), partName(parts[0].number, extension))
		if w.opts.Existing == Refuse {
			return fmt.Errorf("%w: %s; merge with it, or replace it", ErrExists, path)
		}
		if w.opts.Existing == Merge && !d.sameLayout(folder) {
			return &PartitionError{Table: d.schema.Name(), Reason: fmt.Sprintf("%s was written with other columns in PartitionBy; name the same columns, or replace the dataset", path)}
		}
	}
	return nil
}

// sweep removes a temporary file of a killed export.
func (d *dataset) sweep(w *writing, path, extension string) {
	name, _, pending := strings.Cut(filepath.Base(path), ".new-")
	name, hidden := strings.CutPrefix(name, ".")
	if _, ours := partNumber(name, extension); ours && pending && hidden {
		w.sweep(filepath.Join(filepath.Dir(path), name))
	}
}

// sameLayout reports whether a folder's levels are the columns of PartitionBy.
func (d *dataset) sameLayout(folder string) bool {
	var levels []string
	if folder != "" {
		levels = strings.Split(folder, "/")
	}
	return slices.EqualFunc(levels, d.by, func(level string, i int) bool {
		name, _, _ := strings.Cut(level, "=")
		wanted, _, _ := strings.Cut(d.folderOf(i), "=")
		return name == wanted
	})
}

// removeStale removes the files that a replaced dataset had before, and that were
// not written again.
func (w *writing) removeStale() error {
	if w.opts.Existing != Replace {
		return nil
	}
	written := map[string]bool{}
	for _, j := range w.jobs {
		written[j.path] = true
	}
	for _, d := range w.datasets {
		for folder, parts := range d.found {
			dir := filepath.Join(d.root, filepath.FromSlash(folder))
			for _, p := range parts {
				path := filepath.Join(dir, partName(p.number, w.opts.Format.Extension()))
				if written[path] {
					continue
				}
				if err := w.opts.step("remove " + path); err != nil {
					return err
				}
				if err := w.opts.disk.remove(path); err != nil {
					return err
				}
			}
			if err := w.opts.disk.syncFolder(dir); err != nil {
				return err
			}
			for at := folder; at != ""; at = parent(at) {
				_ = os.Remove(filepath.Join(d.root, filepath.FromSlash(at))) // which fails while it has files
			}
		}
	}
	return nil
}
