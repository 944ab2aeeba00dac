package doctor

import (
	"fmt"
	"time"
)

// Holder is a process that has the database file, its -wal or its -shm open.
type Holder struct {
	PID     int
	Command string
	Started time.Time // of the process; zero where it is not known
	Writing bool      // holds the write lock at this moment
	Reading bool      // holds a snapshot at this moment, before which the WAL cannot be cut back
	Behind  int64     // bytes that the WAL has got since that snapshot
}

// String names the process and what it does.
func (h Holder) String() string {
	s := fmt.Sprintf("process %d (%s)", h.PID, h.Command)
	if !h.Started.IsZero() {
		s += ", started " + h.Started.Local().Format("2006-01-02 15:04:05")
	}
	switch {
	case h.Writing:
		s += ", is writing"
	case h.Reading:
		s += ", is reading"
		if h.Behind > 0 {
			s += " the state from before the last " + Size(h.Behind) + " of the WAL"
		}
	}
	return s
}
