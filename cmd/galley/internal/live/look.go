package live

import (
	"context"
	"time"
)

// Look is what a Source has at one moment.
type Look struct {
	At        time.Time     `json:"at"`
	Took      time.Duration `json:"took"` // to read it, in nanoseconds
	Name      string        `json:"name"` // a path, or a URL without its password
	Bytes     int64         `json:"bytes"`
	WALBytes  int64         `json:"wal_bytes"`
	FreeBytes *uint64       `json:"free_bytes,omitempty"` // of the file system
	Processes []Process     `json:"processes"`
	AllKnown  bool          `json:"processes_complete"` // false: others may have it open, too
	Tables    []Table       `json:"tables"`
	Expected  *Progress     `json:"expected,omitempty"`
	Faults    []string      `json:"faults"`          // what a person should look at
	Error     string        `json:"error,omitempty"` // of the last read; the rest is from an earlier one

	remote bool // a server's: the sizes and the processes are not known

	at map[[2]string]time.Time // when each batch was stored, by table and key
	no map[[2]string]bool      // batches with rows in quarantine
}

// Process is a process that has the database open.
type Process struct {
	Text    string `json:"text"`
	Writing bool   `json:"writing"`
	Reading bool   `json:"reading"`
	Behind  int64  `json:"wal_bytes_behind"` // that its snapshot keeps in the WAL
}

// Table is what a look says of a table.
type Table struct {
	Name          string     `json:"name"`
	Rows          int64      `json:"rows"`
	Batches       int64      `json:"batches"`
	Waiting       int64      `json:"waiting,omitempty"` // batches in a spool
	Rejected      int64      `json:"rejected"`          // rows in quarantine
	Last          *time.Time `json:"last,omitempty"`    // when the newest batch was stored
	RowsPerSecond float64    `json:"rows_per_second"`
	BatchesRate   float64    `json:"batches_per_second"`
}

// Source is what the page shows.
type Source interface {
	// Look reads the present state. It keeps no snapshot. before is the
	// last look; a Source may return its content again if nothing has changed.
	Look(ctx context.Context, before *Look) (*Look, error)
	// Table describes a table, nil if it does not exist.
	Table(ctx context.Context, name string) (*Detail, error)
	// Figures compares columns of a table, nil if it does not exist or has no
	// numbers.
	Figures(ctx context.Context, name string, choice Choice) (*Figures, error)
}
