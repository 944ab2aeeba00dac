package export

import (
	"os"
	"path/filepath"
	"slices"
)

// removeStale removes the files that a replaced table had before, and that were not
// written again, with the folders of a dataset that are empty then.
func (w *writing) removeStale() error {
	if w.opts.Existing != Replace {
		return nil
	}
	stale := slices.Clone(w.stale)
	for _, d := range w.datasets {
		for folder, parts := range d.found {
			for _, p := range parts {
				stale = append(stale, d.file(folder, p.number))
			}
		}
	}
	written := map[string]bool{}
	for _, j := range w.jobs {
		written[j.path] = true
	}
	slices.Sort(stale)
	for _, path := range stale {
		if written[path] {
			continue
		}
		if err := w.opts.step("remove " + path); err != nil {
			return err
		}
		if err := w.opts.disk.remove(path); err != nil {
			return err
		}
		if err := w.opts.disk.syncFolder(filepath.Dir(path)); err != nil {
			return err
		}
		for at := filepath.Dir(path); at != filepath.Clean(w.opts.Dir); at = filepath.Dir(at) {
			if os.Remove(at) != nil { // it has files
				break
			}
		}
	}
	return nil
}
