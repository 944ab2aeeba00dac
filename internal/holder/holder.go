package holder

import (
	"fmt"
	"time"
)

// Process is a process that has the database file, its -wal or its -shm open.
type Process struct {
	PID     int
	Command string
	Started time.Time // of the process; zero where it is not known
	Writing bool      // holds the write lock at this moment
	Reading bool      // holds a snapshot at this moment, before which the WAL cannot be cut back
	Behind  int64     // bytes that the WAL has got since that snapshot
}

// String names the process and what it does.
func (p Process) String() string {
	s := fmt.Sprintf("process %d (%s)", p.PID, p.Command)
	if !p.Started.IsZero() {
		s += ", started " + p.Started.UTC().Format("2006-01-02T15:04:05Z")
	}
	switch {
	case p.Writing:
		s += ", is writing"
	case p.Reading:
		s += ", is reading"
	}
	return s
}

// Writer names the process that holds the write lock of the database at path, ""
// if none does or the system does not report it.
func Writer(path string) string {
	found, _, err := Of(path)
	if err != nil {
		return ""
	}
	for _, p := range found {
		if p.Writing {
			return fmt.Sprintf("process %d (%s)", p.PID, p.Command)
		}
	}
	return ""
}
