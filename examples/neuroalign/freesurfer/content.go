package freesurfer

import (
	"strings"
)

// content is what the files of a session hold.
type content struct {
	segments      rows[Segment]
	volumes       rows[Volume]
	parcels       rows[Parcel]
	overlays      rows[Overlay]
	measures      rows[Measure]
	notUnderstood []string
}

// rows are the rows of one table, or the first error about a file that it is
// read from.
type rows[T any] struct {
	all []T
	err error
}

func (r *rows[T]) add(more []T, err error) {
	r.all = append(r.all, more...)
	if r.err == nil {
		r.err = err
	}
}

func (r *rows[T]) get() ([]T, error) {
	if r.err != nil {
		return nil, r.err
	}
	return r.all, nil
}

// fail fails all tables.
func (c *content) fail(err error) {
	c.segments.add(nil, err)
	c.volumes.add(nil, err)
	c.parcels.add(nil, err)
	c.overlays.add(nil, err)
	c.measures.add(nil, err)
}

// add reads a file into the tables that it belongs to.
func (c *content) add(s *Session, name string) {
	f, shown, err := s.open(name)
	if err != nil {
		c.failFile(name, err)
		return
	}
	defer f.Close() // of a file that was only read: nothing to lose
	in := newLines(shown, f)
	switch _, atlas := atlasOf(name); {
	case strings.HasSuffix(name, ".csv"):
		c.volumes.add(readVolumeTable(in, s, name))
	case strings.HasSuffix(name, ".txt"):
		c.volumes.add(readVolumeList(in, s, name))
	case atlas == "curv":
		c.measures.add(readCurvature(in, s, name))
	default:
		c.statistics(in, s, name)
	}
}

// statistics reads a file with a header. Its columns say what it holds.
func (c *content) statistics(in *lines, s *Session, name string) {
	h, err := readHeader(in)
	switch {
	case err != nil:
		c.failFile(name, err)
		return
	case h.foreign():
		c.notUnderstood = append(c.notUnderstood, name)
		return
	case h.columns == nil && h.first == "" && name != "brainvol.stats":
		c.failFile(name, in.fail("no '# ColHeaders' line up to here", "one before the first row"))
		return
	}
	switch {
	case h.columns == nil && h.first == "":
		// Measures only.
	case h.columns == nil:
		rows, err := readNumberedVolumes(in, h, s, name)
		if err != nil {
			c.failFile(name, err)
			return
		}
		c.volumes.add(rows, nil)
	case h.has("NumVert") || h.has("GrayVol"):
		c.parcels.add(readParcels(in, h, s, name))
		if len(h.measures) == 0 {
			c.measures.add(nil, &ParseError{File: in.file, Line: h.line,
				Got: "no '# Measure' line up to here", Want: "at least one above '# ColHeaders'"})
		}
	case h.has("NVertices"):
		c.overlays.add(readOverlays(in, h, s, name))
	case h.has("Volume_mm3") && h.intensity() != "":
		c.segments.add(readSegments(in, h, s, name))
	case h.has("Volume_mm3"):
		c.volumes.add(readVolumes(in, h, s, name))
	default:
		c.notUnderstood = append(c.notUnderstood, name) // but for its header
	}
	c.measures.add(h.rows(s, name), nil)
}

// failFile fails the tables that a file belongs to, as far as its name says.
func (c *content) failFile(name string, err error) {
	switch hemi, atlas := atlasOf(name); {
	case strings.HasSuffix(name, ".csv"), strings.HasSuffix(name, ".txt"):
		c.volumes.add(nil, err)
	case atlas == "curv", atlas == "brainvol":
		c.measures.add(nil, err)
	case strings.HasSuffix(atlas, ".pct"):
		c.overlays.add(nil, err)
	case strings.HasPrefix(name, hemi+".") && hemi != "":
		c.parcels.add(nil, err)
		c.measures.add(nil, err)
	case hemi != "":
		c.volumes.add(nil, err)
	case atlas == "aseg", atlas == "wmparc":
		c.segments.add(nil, err)
		c.measures.add(nil, err)
	default:
		c.segments.add(nil, err)
		c.volumes.add(nil, err)
		c.measures.add(nil, err)
	}
}
