package freesurfer

// Measure is a value about the whole brain or a whole hemisphere: a
// "# Measure" line of a file's header.
type Measure struct {
	Subject string  `db:"subject"`
	Session string  `db:"session"`
	Source  string  `db:"source"` // the file's name, such as aseg.stats
	Field   string  `db:"field"`  // such as eTIV; once in a file
	Value   float64 `db:"value"`
	Unit    string  `db:"unit"`                  // such as mm^3
	Task    string  `db:"task,batch,default=''"` // SUBJECT/SESSION/TABLE of the task that saved the row
}

// Measures reads the headers of the eight files that Segments and Parcels
// read. All must be there, each with a whole header and a measure at least;
// what stands below the headers is not looked at, so that a damaged row there
// is no error here.
func (s *Session) Measures() ([]Measure, error) {
	var all []Measure
	for _, name := range files() {
		rows, err := read(s, name, func(in *lines) ([]Measure, error) {
			h, err := readHeader(in)
			if err != nil {
				return nil, err
			}
			if len(h.measures) == 0 {
				return nil, &ParseError{File: in.file, Line: h.line,
					Got: "no '# Measure' line up to here", Want: "at least one above '# ColHeaders'"}
			}
			rows := make([]Measure, len(h.measures))
			for i, m := range h.measures {
				rows[i] = Measure{
					Subject: s.Subject,
					Session: s.Name,
					Source:  name,
					Field:   m.field,
					Value:   m.value,
					Unit:    m.unit,
				}
			}
			return rows, nil
		})
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}
