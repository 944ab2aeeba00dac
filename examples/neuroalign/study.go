package main

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"

	"github.com/galley-db/galley/examples/neuroalign/freesurfer"
)

//go:embed testdata/freesurfer
var bundle embed.FS

// bundled is where the bundled study stands, in bundle and in messages.
const bundled = "testdata/freesurfer"

// session returns the rows of one session of one subject, by table.
type session interface {
	ID() (subject, session string)
	Files() ([]string, error) // of a real session
	Segments() ([]freesurfer.Segment, error)
	Volumes() ([]freesurfer.Volume, error)
	Parcels() ([]freesurfer.Parcel, error)
	Overlays() ([]freesurfer.Overlay, error)
	Measures() ([]freesurfer.Measure, error)
	NotUnderstood() []string // files, once the rows were read
}

// study is what the program loads. It holds no list of its sessions: it finds
// them, or makes them, one by one.
type study struct {
	root     string
	fsys     fs.FS
	size     int // sessions, and folders that cannot be read
	census   *census
	replicas int // 0: the real sessions
	model    string
	template *freesurfer.Template
	like     session // all sessions have the tables of this one; nil if that is not known
}

// openStudy finds the study, counts its sessions and their files, and reads the
// session that replicas are made from.
func openStudy(o options) (*study, error) {
	s := &study{root: o.subjects, replicas: o.replicas, census: newCensus()}
	if o.subjects == "" {
		sub, err := fs.Sub(bundle, bundled)
		if err != nil {
			return nil, fmt.Errorf("opening the bundled study: %w", err)
		}
		s.root, s.fsys = bundled, sub
	} else {
		s.fsys = os.DirFS(o.subjects)
	}

	var first *freesurfer.Session
	var firstErr error
	for found, err := range freesurfer.Walk(s.root, s.fsys) {
		var none *freesurfer.NoStatsError
		switch {
		case errors.As(err, &none):
			continue
		case err != nil:
			firstErr = cmp.Or(firstErr, err)
		case first == nil || cmp.Or(cmp.Compare(found.Subject, first.Subject), cmp.Compare(found.Name, first.Name)) < 0:
			first = found
		}
		s.size++
		if err == nil {
			// An error is reported by the second walk, which loads.
			if files, err := found.Files(); err == nil {
				s.census.count(files)
			}
		}
	}
	switch {
	case s.size == 0:
		return nil, fmt.Errorf("no sessions in %s: want %s or %s", s.root,
			path.Join(s.root, "SUBJECT", "stats"), path.Join(s.root, "SUBJECT", "SESSION", "stats"))
	case first == nil:
		return nil, firstErr
	case s.replicas == 0:
		if o.subjects == "" {
			s.like = first
		}
		return s, nil
	}
	template, err := freesurfer.NewTemplate(first)
	if err != nil {
		return nil, fmt.Errorf("reading the session that synthetic ones are made from: %w", err)
	}
	s.template, s.model, s.size = template, first.Subject+"/"+first.Name, s.replicas
	s.like = template.Replica(1)
	return s, nil
}

// sessions yields the sessions one by one. An error is about one folder of the
// study, and others follow.
func (s *study) sessions() iter.Seq2[session, error] {
	return func(yield func(session, error) bool) {
		for i := 1; i <= s.replicas; i++ {
			if !yield(s.template.Replica(i), nil) {
				return
			}
		}
		if s.replicas > 0 {
			return
		}
		for found, err := range freesurfer.Walk(s.root, s.fsys) {
			if !yield(found, err) {
				return
			}
		}
	}
}
