// Package freesurfer reads the statistics files of FreeSurfer (5.3 to 8) and
// FastSurfer, and finds the sessions of a study.
//
// It reads whatever statistics a session has: no file is required. The name of
// a file gives the atlas and the hemisphere, its columns give the table:
//
//	table     files, for example                                    rows
//	Segment   aseg, wmparc, aseg+DKT                                 structures of the volume, with intensities
//	Volume    hipposubfields.lh.T1.v22, brainstem.v13, synthseg.vol  structures of the volume, without
//	Parcel    lh.aparc, rh.aparc.DKTatlas40, lh.BA_exvivo.thresh     regions of the cortex
//	Overlay   lh.w-g.pct                                             values on the cortex, by region
//	Measure   headers of all of these, brainvol, lh.curv             values of a brain or a hemisphere
//
// It reads strictly: a damaged file is a [*ParseError] with file and line, and
// its table has no rows, rather than rows that may be wrong. One loss is not
// visible: a file of the cortex does not say how many rows it has, so one cut
// short exactly between two rows reads as a shorter file.
package freesurfer

import (
	"errors"
	"io/fs"
	"path"
	"sync"
)

// NoSession is the session's name of a subject whose stats folder stands
// directly in the subject's folder.
const NoSession = "-"

const (
	statsDir = "stats"
	mriDir   = "mri"
	suffix   = ".stats"
)

// Session is one stats folder, and the volume lists of the mri folder beside
// it. It reads each file once, when rows are first asked for. Several
// goroutines may use it at once.
type Session struct {
	Subject string
	Name    string // the session's name, or NoSession

	root string // stands before dir in messages
	fsys fs.FS
	dir  string // the folder that holds stats, in fsys

	listing sync.Once
	files   listing
	listErr error
	reading sync.Once
	content content
}

// ID returns the names of the subject and the session.
func (s *Session) ID() (subject, session string) { return s.Subject, s.Name }

// Files returns the names of the session's statistics files, in the order of
// reading: those in stats by their own name, those in mri with "mri/" before it.
func (s *Session) Files() ([]string, error) {
	s.listing.Do(func() { s.files, s.listErr = list(s.fsys, s.root, s.dir) })
	return s.files.known, s.listErr
}

// NotUnderstood returns the files of the stats folder that hold no statistics
// that this package reads. It is empty until rows were asked for.
func (s *Session) NotUnderstood() []string { return s.content.notUnderstood }

// Segments returns the structures of the volume that have intensities.
func (s *Session) Segments() ([]Segment, error) { return s.read().segments.get() }

// Volumes returns the structures of the volume that have no intensities.
func (s *Session) Volumes() ([]Volume, error) { return s.read().volumes.get() }

// Parcels returns the regions of the cortex, of each atlas and hemisphere.
func (s *Session) Parcels() ([]Parcel, error) { return s.read().parcels.get() }

// Overlays returns the values on the cortex by region.
func (s *Session) Overlays() ([]Overlay, error) { return s.read().overlays.get() }

// Measures returns the values of the whole brain and of whole hemispheres.
// Damage below the header of a file is not an error here.
func (s *Session) Measures() ([]Measure, error) { return s.read().measures.get() }

// read reads all files, once.
func (s *Session) read() *content {
	s.reading.Do(func() {
		names, err := s.Files()
		if err != nil {
			s.content.fail(err)
			return
		}
		for _, name := range names {
			s.content.add(s, name)
		}
		s.content.notUnderstood = append(s.content.notUnderstood, s.files.other...)
	})
	return &s.content
}

// open opens a file. The name that it returns stands in messages.
func (s *Session) open(name string) (f fs.File, shown string, err error) {
	where := path.Join(s.dir, statsDir, name)
	if dir, _ := path.Split(name); dir != "" {
		where = path.Join(s.dir, name)
	}
	shown = path.Join(s.root, where)
	f, err = s.fsys.Open(where)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, shown, &ParseError{File: shown, Got: "no such file", Want: "it to stay while it is read", Err: fs.ErrNotExist}
	}
	if err != nil {
		return nil, shown, &ParseError{File: shown, Want: "a readable file", Err: err}
	}
	return f, shown, nil
}
