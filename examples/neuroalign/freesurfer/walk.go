package freesurfer

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"path"
	"slices"
	"strings"
)

// window is how many names of a folder are read, and sorted, at a time.
const window = 256

// Walk finds the sessions of a study: the folders SUBJECT/stats and
// SUBJECT/SESSION/stats of fsys. In the names of BIDS and of FreeSurfer's
// longitudinal runs it separates subject and session: sub-01_ses-02 is the
// session ses-02 of sub-01, and sub-01_ses-02.long.base is ses-02.long.base.
// Walk skips files, and names that begin with a dot; it follows symbolic
// links. root is what the names of files in messages begin with.
//
// Walk reads folders as the caller takes sessions and holds a few hundred
// names at most, whatever the size of the study. The order is by name for up
// to 256 folders, else partly the file system's. Each session comes once.
//
// An error is about one folder, and the walk continues after it. It is a
// [*NoStatsError] if a subject's folder has no session. If fsys itself cannot
// be read, the error is the only item.
func Walk(root string, fsys fs.FS) iter.Seq2[*Session, error] {
	return func(yield func(*Session, error) bool) {
		for subject, err := range folders(root, fsys, ".") {
			if err != nil {
				if !yield(nil, err) {
					return
				}
				continue
			}
			if !walkSubject(root, fsys, subject, yield) {
				return
			}
		}
	}
}

// walkSubject yields the sessions of one folder. It returns false if yield did.
func walkSubject(root string, fsys fs.FS, subject string, yield func(*Session, error) bool) bool {
	found := false
	session := func(inner string) bool {
		dir := path.Join(subject, inner)
		ok, err := isDir(root, fsys, path.Join(dir, statsDir))
		if err == nil && !ok {
			return true
		}
		found = true
		if err != nil {
			return yield(nil, err)
		}
		who, name, err := identify(root, fsys, subject, inner)
		if err != nil {
			return yield(nil, err)
		}
		return yield(&Session{Subject: who, Name: name, root: root, fsys: fsys, dir: dir}, nil)
	}
	if !session("") {
		return false
	}
	for name, err := range folders(root, fsys, subject) {
		if err != nil {
			found = true
			if !yield(nil, err) {
				return false
			}
			continue
		}
		if name != statsDir && !session(name) {
			return false
		}
	}
	return found || yield(nil, &NoStatsError{Dir: path.Join(root, subject)})
}

// folders yields the names of the folders in dir.
func folders(root string, fsys fs.FS, dir string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		where := path.Join(root, dir)
		f, err := fsys.Open(dir)
		if err != nil {
			yield("", fmt.Errorf("reading the folder %s: %w", where, err))
			return
		}
		defer f.Close() // only read
		d, ok := f.(fs.ReadDirFile)
		if !ok {
			yield("", fmt.Errorf("reading the folder %s: %w", where, errNoFolder))
			return
		}
		for {
			entries, err := d.ReadDir(window)
			slices.SortFunc(entries, func(a, b fs.DirEntry) int { return cmp.Compare(a.Name(), b.Name()) })
			for _, e := range entries {
				if strings.HasPrefix(e.Name(), ".") {
					continue
				}
				folder, err := e.IsDir(), error(nil)
				if e.Type()&fs.ModeSymlink != 0 {
					folder, err = isDir(root, fsys, path.Join(dir, e.Name()))
				}
				if (folder || err != nil) && !yield(e.Name(), err) {
					return
				}
			}
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield("", fmt.Errorf("reading the folder %s: %w", where, err))
				return
			}
		}
	}
}

var errNoFolder = errors.New("it is not a folder")

// isDir reports whether name is a folder, or a link to one.
func isDir(root string, fsys fs.FS, name string) (bool, error) {
	info, err := fs.Stat(fsys, name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("looking at %s: %w", path.Join(root, name), err)
	}
	return info.IsDir(), nil
}
