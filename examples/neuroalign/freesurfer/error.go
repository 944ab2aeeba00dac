package freesurfer

import (
	"strconv"
	"strings"
)

// ParseError says where a statistics file is not what it should be. Every
// error of [Session]'s reading methods is one.
type ParseError struct {
	File string // the file, beginning with the root given to Walk
	Line int    // counted from 1; 0 where the file as a whole is meant
	Got  string // what was found
	Want string // what was expected
	Err  error  // what the system said, or nil
}

// Error gives "FILE:LINE: got GOT, want WANT: ERR" without the parts that are
// empty.
func (e *ParseError) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		b.WriteString(":" + strconv.Itoa(e.Line))
	}
	sep := ": "
	if e.Got != "" {
		b.WriteString(sep + "got " + e.Got)
		sep = ", "
	}
	if e.Want != "" {
		b.WriteString(sep + "want " + e.Want)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Unwrap gives Err.
func (e *ParseError) Unwrap() error { return e.Err }

// NoStatsError says that a folder was passed over, because neither it nor a
// folder in it has a folder named stats. FreeSurfer's own subjects folder
// holds such ones (its templates), and so does a study with a subject that
// was never processed.
type NoStatsError struct {
	Dir string // the folder, beginning with the root given to Walk
}

// Error names the folder.
func (e *NoStatsError) Error() string {
	return e.Dir + ": no stats folder in it, nor in a folder of it"
}
