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

// session gives the rows of one session of one subject.
type session interface {
	ID() (subject, session string)
	Segments() ([]freesurfer.Segment, error)
	Parcels() ([]freesurfer.Parcel, error)
	Measures() ([]freesurfer.Measure, error)
}

// study is what is to be loaded. It holds no list of its sessions: it finds
// them, or makes them, one by one.
type study struct {
	root     string
	fsys     fs.FS
	size     int // sessions, and folders that cannot be read
	replicas int // 0: the real sessions
	model    string
	template *freesurfer.Template
}

// openStudy finds the study, counts its sessions, and reads the one that
// replicas are made from.
func openStudy(o options) (*study, error) {
	s := &study{root: o.subjects, replicas: o.replicas}
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
	}
	switch {
	case s.size == 0:
		return nil, fmt.Errorf("no sessions in %s: want %s or %s", s.root,
			path.Join(s.root, "SUBJECT", "stats"), path.Join(s.root, "SUBJECT", "SESSION", "stats"))
	case first == nil:
		return nil, firstErr
	case s.replicas == 0:
		return s, nil
	}
	template, err := freesurfer.NewTemplate(first)
	if err != nil {
		return nil, fmt.Errorf("reading the session that synthetic ones are made from: %w", err)
	}
	s.template, s.model, s.size = template, first.Subject+"/"+first.Name, s.replicas
	return s, nil
}

// sessions gives the sessions one by one. An error is about one folder of the
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
