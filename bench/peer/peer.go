// Package peer holds the ways to write rows into a file that the benchmarks
// compare, one file each, behind one interface.
package peer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/galley-db/galley/bench/row"
)

// Peer is one way to write rows. Every Peer is an [Opener], a [Program], or a
// program that only moves files, an [Importer].
type Peer interface {
	// Name is the peer's name in flags and tables.
	Name() string
	// About says in one line what the peer is and how it is used here.
	About() string
	// Check returns an error that wraps ErrMissing where the peer cannot run
	// on this machine.
	Check(ctx context.Context) error
}

// ErrMissing is returned by [Peer.Check] when something that the peer needs
// is not installed.
var ErrMissing = errors.New("not installed")

// Opener is a peer in this process.
type Opener interface {
	Peer
	// Open opens the file, and creates file and table where there are none.
	Open(ctx context.Context, f File) (Conn, error)
}

// File is a database file to open.
type File struct {
	Path     string
	Kind     row.Kind
	Settings Settings
}

// Conn is an open file with its table. Its methods may be called by several
// goroutines at once; most peers hold a mutex for the length of a call.
type Conn interface {
	// Append stores the batch in one transaction.
	Append(ctx context.Context, b row.Batch) error
	Close() error
}

// Ledger is a Conn that stores a batch under a key, once: batch and key are
// one transaction, and a key that already exists stores nothing.
type Ledger interface {
	AppendOnce(ctx context.Context, key string, b row.Batch) (applied bool, err error)
}

// Scanner is a Conn that reads all rows of a table of row.A or row.Users back into structs.
type Scanner interface {
	Scan(ctx context.Context) (row.Tally, error)
}

// Verifier is a peer whose files are not SQLite's, and which therefore counts
// and sums them with a reader of its own.
type Verifier interface {
	Verify(ctx context.Context, path string, k row.Kind) (row.Tally, error)
}

// Task is what a Program is asked to do.
type Task string

// The tasks. A program reads the rows from Order.Source before its clock
// starts, or while it stands still.
const (
	Bulk     Task = "bulk"     // append batches, one transaction each
	Sessions Task = "sessions" // append batches from Order.Workers threads
	Read     Task = "read"     // read all rows of Order.Path
	Merge    Task = "merge"    // move the rows of the files that Order.Source lists
)

// Order is a task for a Program.
type Order struct {
	Task    Task
	File    File
	Source  string // SQLite file with the rows
	Batch   int    // rows of a batch
	Workers int    // threads of Sessions
}

// Program is a peer in a process of its own, which takes its own time.
type Program interface {
	Peer
	// Does reports whether the program can do the task.
	Does(t Task) bool
	// Run returns the time that the program's clock shows, and for Read what
	// was read.
	Run(ctx context.Context, o Order) (time.Duration, row.Tally, error)
}

// All are all peers in the order of the tables, galley first.
func All() []Peer {
	return []Peer{
		galleyPeer{},
		galleyPeer{generated: true},
		mattn,
		modernc,
		zombiezenPeer{},
		crawshawPeer{},
		ncrucesPeer{},
		gormPeer{},
		bunPeer{},
		cPeer{rows: 1},
		cPeer{rows: rowsUnrolled},
		pythonPeer{},
		pandasPeer{},
		shellPeer{},
		utilsPeer{},
		duckdbPeer{},
		parquetPeer{},
	}
}

// Select finds peers by their names, separated by commas; "all" is all.
func Select(names string) ([]Peer, error) {
	all := All()
	if names == "all" {
		return all, nil
	}
	var found []Peer
	var known []string
	wanted := make(map[string]bool)
	for name := range strings.SplitSeq(names, ",") {
		wanted[strings.TrimSpace(name)] = true
	}
	for _, p := range all {
		known = append(known, p.Name())
		if wanted[p.Name()] {
			found = append(found, p)
			delete(wanted, p.Name())
		}
	}
	for name := range wanted {
		return nil, fmt.Errorf("no peer %q: there are %s", name, strings.Join(known, ", "))
	}
	return found, nil
}

// Holder is a Conn that reports the total time for which it held the write lock.
type Holder interface {
	Held() time.Duration
}
