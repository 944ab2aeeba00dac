package freesurfer

// Measure is a value about the whole brain or a whole hemisphere: a
// "# Measure" line of a file's header, or a line of curv.stats.
type Measure struct {
	Subject string  `db:"subject"`
	Session string  `db:"session"`
	Source  string  `db:"source"` // the file's name, such as aseg.stats
	Field   string  `db:"field"`  // such as eTIV; once in a file
	Value   float64 `db:"value"`
	Unit    string  `db:"unit"`                  // such as mm^3
	Task    string  `db:"task,batch,default=''"` // SUBJECT/SESSION/TABLE of the task that saved the row
}
