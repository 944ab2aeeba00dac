package freesurfer

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// measure is a "# Measure" line.
type measure struct {
	field, unit string
	value       float64
}

// header is what stands above the rows of a statistics file.
type header struct {
	comments int      // lines of the header
	columns  []string // of the ColHeaders line, in its order; nil without one
	line     int      // of the ColHeaders line
	width    int      // of the NTableCols line, 0 without one
	count    int      // of the NRows line, -1 without one
	rowsLine int      // of the NRows line
	measures []measure
	first    string // the first row, "" where the file ends
}

// has reports whether there is a column of this name.
func (h *header) has(column string) bool { return slices.Contains(h.columns, column) }

// intensity returns what the columns of intensities begin with, such as norm
// in normMean and normStdDev. It is "" without such columns.
func (h *header) intensity() string {
	for _, column := range h.columns {
		if name, ok := strings.CutSuffix(column, "StdDev"); ok {
			return name
		}
	}
	return ""
}

// foreign reports whether the file is text of some other kind: FreeSurfer
// begins each file with a comment.
func (h *header) foreign() bool { return h.comments == 0 && h.first != "" }

// rows returns the header's measures as rows.
func (h *header) rows(s *Session, source string) []Measure {
	rows := make([]Measure, len(h.measures))
	for i, m := range h.measures {
		rows[i] = Measure{
			Subject: s.Subject,
			Session: s.Name,
			Source:  source,
			Field:   m.field,
			Value:   m.value,
			Unit:    m.unit,
		}
	}
	return rows
}

// readHeader reads up to the first row.
func readHeader(in *lines) (*header, error) {
	h := &header{count: -1}
	for {
		line, err := in.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		body, comment := strings.CutPrefix(line, "#")
		if !comment {
			if strings.TrimSpace(line) == "" {
				continue
			}
			h.first = line
			break
		}
		h.comments++
		if err := h.take(in, strings.TrimSpace(body)); err != nil {
			return nil, err
		}
	}
	switch {
	case in.n == 0:
		return nil, &ParseError{File: in.file, Got: "an empty file", Want: "FreeSurfer statistics"}
	case h.columns != nil && h.width != 0 && h.width != len(h.columns):
		return nil, &ParseError{File: in.file, Line: h.line,
			Got: counted(len(h.columns), "column"), Want: fmt.Sprintf("%d as NTableCols says", h.width)}
	}
	return h, nil
}

// take reads one line of the header, without its "#". Lines of other kinds
// than these four say how the file was made, and are skipped.
func (h *header) take(in *lines, body string) error {
	word, rest, _ := strings.Cut(body, " ")
	rest = strings.TrimSpace(rest)
	var err error
	switch word {
	case "ColHeaders":
		if h.columns != nil {
			return in.fail("a second '# ColHeaders' line", fmt.Sprintf("only that in line %d", h.line))
		}
		h.columns, h.line = strings.Fields(rest), in.n
		if len(h.columns) == 0 {
			return in.fail("'# ColHeaders' without a name", "the names of the columns")
		}
		for i, name := range h.columns {
			if slices.Contains(h.columns[:i], name) {
				return in.fail("the column "+name+" twice", "each column once")
			}
		}
	case "NRows":
		h.rowsLine = in.n
		h.count, err = natural(rest)
	case "NTableCols":
		h.width, err = natural(rest)
	case "Measure":
		return h.measure(in, rest)
	}
	if err != nil {
		return in.fail(fmt.Sprintf("%s %q", word, rest), "a whole number")
	}
	return nil
}

// measure reads "STRUCTURE, FIELD, DESCRIPTION, VALUE, UNIT". The description
// may hold commas. FreeSurfer 6 forgets the comma after CortexVol, so that
// the field is the first word of the second part.
func (h *header) measure(in *lines, text string) error {
	const want = "# Measure STRUCTURE, FIELD, DESCRIPTION, VALUE, UNIT"
	parts := strings.Split(text, ",")
	if len(parts) < 4 {
		return in.fail(counted(len(parts), "part"), want)
	}
	words := strings.Fields(parts[1])
	unit := strings.TrimSpace(parts[len(parts)-1])
	if len(words) == 0 || unit == "" {
		return in.fail("an empty part", want)
	}
	for _, m := range h.measures {
		if m.field == words[0] {
			return in.fail("the measure "+m.field+" twice", "each measure once")
		}
	}
	raw := strings.TrimSpace(parts[len(parts)-2])
	value, err := number(raw)
	if err != nil {
		return in.fail(fmt.Sprintf("%q as the value of %s", raw, words[0]), "a finite number")
	}
	h.measures = append(h.measures, measure{field: words[0], value: value, unit: unit})
	return nil
}

var errNotFinite = errors.New("not finite")

// number reads a finite number. FreeSurfer writes nan where it divided by
// zero: such a structure was not measured, and a table of measurements is no
// place for it.
func number(s string) (float64, error) {
	v, err := strconv.ParseFloat(s, 64)
	if err == nil && (math.IsNaN(v) || math.IsInf(v, 0)) {
		err = errNotFinite
	}
	return v, err
}

// natural reads a whole number that is not negative.
func natural(s string) (int, error) {
	v, err := strconv.ParseUint(s, 10, 31)
	return int(v), err
}

// counted gives "1 column", "2 columns".
func counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}
