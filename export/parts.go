package export

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/schema"
)

// part is a file that a dataset has already.
type part struct {
	folder string // below that of the table, with slashes; "" for the table's own
	number int

	columns *schema.Schema // under Merge: what the manifest says, or else the file
	written bool           // again

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
// exports left of them. It returns an error where the new files would not be all that
// a reader of the folder finds of the table.
func (d *dataset) find(w *writing, root string) error {
	if err := d.scan(w, root); err != nil {
		return err
	}
	if d.foreign != "" {
		return fmt.Errorf("%w: %s is not a file of this dataset, and readers of the folder would read its rows as rows of table %q; move it away", ErrExists, d.foreign, d.schema.Name())
	}
	for folder := range d.found {
		path := d.file(folder, d.found[folder][0].number)
		if w.opts.Existing == Refuse {
			return fmt.Errorf("%w: %s; merge with it, or replace it", ErrExists, path)
		}
		if w.opts.Existing == Merge && !d.sameLayout(folder) {
			return &PartitionError{Table: d.schema.Name(), Reason: fmt.Sprintf("%s was written with other columns in PartitionBy; name the same columns, or replace the dataset", path)}
		}
	}
	single := root + d.extension
	if _, exists, err := resolve(single); err != nil {
		return err
	} else if exists {
		return w.otherForm(single, d.schema.Name())
	}
	return nil
}

// findDataset finds the files of an earlier export in partitions, below root, of the
// table of j, which is now one file.
func (w *writing) findDataset(j *job, root string) error {
	if info, err := os.Lstat(root); err != nil || !info.IsDir() || j.form != "long" {
		return nil
	}
	return walk(root, func(at string, e fs.DirEntry) error {
		switch _, ours := partNumber(e.Name(), w.opts.Format.Extension()); {
		case e.IsDir() && at != "." && !named(at):
			return fs.SkipDir
		case ours && e.Type().IsRegular() && named(parent(at)):
			return w.otherForm(filepath.Join(root, at), j.schema.Name())
		}
		return nil
	})
}

// otherForm deals with a file of an earlier export of a table, which was one file and
// is now a dataset, or the other way round. Beside the new files it would double the
// rows.
func (w *writing) otherForm(path, table string) error {
	if w.opts.Existing != Replace {
		return fmt.Errorf("%w: %s has rows of table %q, which is now written in other files beside it; export it in the same form, replace it, or choose another folder", ErrExists, path, table)
	}
	w.stale = append(w.stale, path)
	return nil
}

// file is the path of a file of the dataset.
func (d *dataset) file(folder string, number int) string {
	return filepath.Join(d.root, filepath.FromSlash(folder), partName(number, d.extension))
}

// scan finds the files in a folder. Folders whose names do not say column=value are
// not galley's, nor is what lies in them.
func (d *dataset) scan(w *writing, root string) error {
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
	err = walk(root, func(at string, e fs.DirEntry) error {
		path := filepath.Join(root, at)
		number, ours := partNumber(e.Name(), d.extension)
		inside := ours && named(parent(at))
		switch {
		case at == ".":
			d.folders[""] = true
		case e.IsDir() && named(at):
			return d.claim(at)
		case e.IsDir() && hidden(e.Name()):
			return fs.SkipDir
		case e.IsDir():
		case !e.Type().IsRegular() && (inside || named(at)):
			return fmt.Errorf("%s is a link, and a dataset must not contain links; remove it", path)
		case inside:
			d.found[parent(at)] = append(d.found[parent(at)], &part{folder: parent(at), number: number})
		case strings.HasSuffix(e.Name(), d.extension) && !hidden(e.Name()):
			d.foreign = path
		default:
			d.sweep(w, path)
		}
		return nil
	})
	for _, parts := range d.found {
		slices.SortFunc(parts, func(a, b *part) int { return a.number - b.number })
	}
	return err
}

// walk calls fn for a folder, which is at ".", and for all in it. Their places are
// below it, with slashes.
func walk(root string, fn func(at string, e fs.DirEntry) error) error {
	return filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		at, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		return fn(filepath.ToSlash(at), e)
	})
}

// named reports whether each level of a path says column=value, as that of the
// table's own folder, "", does.
func named(folder string) bool {
	for at := folder; at != ""; at = parent(at) {
		if !strings.Contains(path.Base(at), "=") {
			return false
		}
	}
	return true
}

// hidden reports whether readers of a folder skip a name, as those of Hive do.
func hidden(name string) bool { return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") }

// sweep removes a temporary file of a killed export.
func (d *dataset) sweep(w *writing, path string) {
	name, _, pending := strings.Cut(filepath.Base(path), ".new-")
	name, dotted := strings.CutPrefix(name, ".")
	if _, ours := partNumber(name, d.extension); ours && pending && dotted {
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
