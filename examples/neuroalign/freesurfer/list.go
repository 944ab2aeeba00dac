package freesurfer

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// listing is what a session's folders hold.
type listing struct {
	known []string // statistics files, in the order of reading
	other []string // other files of the stats folder
}

// volumeLists are the lists of volumes in the mri folder: the only form of
// FreeSurfer 6. FreeSurfer 7 also writes them as statistics files, whose names
// begin with twin; the lists are skipped then.
var volumeLists = []struct{ pattern, twin string }{
	{"?h.hippoSfVolumes-*.txt", "hipposubfields."},
	{"?h.amygNucVolumes-*.txt", "amygdalar-nuclei."},
	{"ThalamicNuclei.*.txt", "thalamic-nuclei."},
	{"brainstemSsVolumes.*.txt", "brainstem."},
	{"hypothalamic_subunits_volumes.*.csv", "hypothalamic_subunits"},
}

// firstFiles are read before all others. Their order is that of the rows, and so
// decides what [Template] makes of them.
var firstFiles = []string{
	"aseg.stats", "wmparc.stats",
	"lh.aparc.stats", "rh.aparc.stats",
	"lh.aparc.a2009s.stats", "rh.aparc.a2009s.stats",
	"lh.aparc.DKTatlas.stats", "rh.aparc.DKTatlas.stats",
}

func rank(name string) int {
	if i := slices.Index(firstFiles, name); i >= 0 {
		return i
	}
	return len(firstFiles)
}

// list lists the statistics files of the session in dir.
func list(fsys fs.FS, root, dir string) (listing, error) {
	var l listing
	names, err := fileNames(fsys, root, path.Join(dir, statsDir))
	if err != nil {
		return l, err
	}
	for _, name := range names {
		if strings.HasSuffix(name, suffix) || strings.HasSuffix(name, ".vol.csv") {
			l.known = append(l.known, name)
		} else {
			l.other = append(l.other, name)
		}
	}
	names, err = fileNames(fsys, root, path.Join(dir, mriDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return l, err
	}
	stats := l.known
	for _, v := range volumeLists {
		if slices.ContainsFunc(stats, func(name string) bool { return strings.HasPrefix(name, v.twin) }) {
			continue
		}
		for _, name := range names {
			if ok, err := path.Match(v.pattern, name); ok && err == nil {
				l.known = append(l.known, mriDir+"/"+name)
			}
		}
	}
	slices.SortFunc(l.known, func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
	})
	return l, nil
}

// fileNames returns the names of the files in dir, without hidden ones.
func fileNames(fsys fs.FS, root, dir string) ([]string, error) {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return nil, fmt.Errorf("reading the folder %s: %w", path.Join(root, dir), err)
	}
	var names []string
	for _, e := range entries {
		folder := e.IsDir()
		if e.Type()&fs.ModeSymlink != 0 {
			info, err := fs.Stat(fsys, path.Join(dir, e.Name()))
			folder = err == nil && info.IsDir() // a link to nothing fails when it is read
		}
		if !folder && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// atlasOf takes a file's name apart: lh.aparc.pial.stats is the atlas
// aparc.pial of lh, hipposubfields.lh.T1.v22.stats is hipposubfields.T1.v22 of
// lh, and aseg.stats is the atlas aseg of both hemispheres, "".
func atlasOf(name string) (hemi, atlas string) {
	atlas = path.Base(name)
	atlas = strings.TrimSuffix(atlas, path.Ext(atlas))
	for _, hemi := range []string{"lh", "rh"} {
		if rest, ok := strings.CutPrefix(atlas, hemi+"."); ok {
			return hemi, rest
		}
		if before, after, ok := strings.Cut(atlas, "."+hemi+"."); ok {
			return hemi, before + "." + after
		}
	}
	return "", atlas
}
