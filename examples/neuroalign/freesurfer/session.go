// Package freesurfer reads the statistics files that FreeSurfer's recon-all
// leaves in a subject's stats folder, and finds the sessions of a study.
//
// It reads strictly: what is not as expected is a [*ParseError] with file and
// line, and no rows, rather than rows that may be wrong. One loss cannot be
// seen: a file of the cortex does not say how many rows it has, so that one
// cut short exactly between two rows reads as a shorter file.
package freesurfer

import (
	"errors"
	"io/fs"
	"path"
)

// NoSession is the session's name of a subject whose stats folder stands
// directly in the subject's folder.
const NoSession = "-"

const (
	statsDir = "stats"
	suffix   = ".stats"
)

var (
	segmentations = []string{"aseg", "wmparc"}
	parcellations = []string{"aparc", "aparc.a2009s", "aparc.DKTatlas"}
	hemispheres   = []string{"lh", "rh"}
)

// files gives the names of all files that are read.
func files() []string {
	var names []string
	for _, atlas := range segmentations {
		names = append(names, atlas+suffix)
	}
	for _, atlas := range parcellations {
		for _, hemi := range hemispheres {
			names = append(names, hemi+"."+atlas+suffix)
		}
	}
	return names
}

// Session is one stats folder. Its reading methods open the files anew at
// each call and keep nothing, and several goroutines may call them at once.
type Session struct {
	Subject string
	Name    string // the session's folder, or NoSession

	root string // stands before dir in messages
	fsys fs.FS
	dir  string // the stats folder, in fsys
}

// ID gives the names of the subject and the session.
func (s *Session) ID() (subject, session string) { return s.Subject, s.Name }

// read opens a file of the session for parse.
func read[T any](s *Session, name string, parse func(*lines) ([]T, error)) ([]T, error) {
	where := path.Join(s.dir, name)
	shown := path.Join(s.root, where)
	f, err := s.fsys.Open(where)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &ParseError{File: shown, Got: "no such file", Want: "it beside the session's other files", Err: fs.ErrNotExist}
	}
	if err != nil {
		return nil, &ParseError{File: shown, Want: "a readable file", Err: err}
	}
	defer f.Close() // of a file that was only read: nothing to lose
	return parse(newLines(shown, f))
}
