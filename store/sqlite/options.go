package sqlite

import (
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/galley-db/galley/internal/fileid"
	"github.com/galley-db/galley/internal/observe"
	"github.com/galley-db/galley/store"
)

// Durability selects which acknowledged batches survive a power loss. Under both
// levels every acknowledged batch survives a crash of the process and a kill -9;
// docs/durability.md has the whole table.
type Durability uint8

// The levels of durability, as SQLite's PRAGMA synchronous
// (https://sqlite.org/pragma.html#pragma_synchronous).
const (
	// Normal never corrupts the file. A power loss can take the last commits;
	// the rest is a prefix without a gap.
	Normal Durability = iota
	// Full syncs at every commit, so a power loss takes no acknowledged batch.
	Full
)

// String returns the value of the PRAGMA for d.
func (d Durability) String() string {
	if d == Full {
		return "FULL"
	}
	return "NORMAL"
}

// Options are the settings of [Open]. The zero value is right for a pipeline
// on a local disk.
type Options struct {
	// ReadOnly opens an existing file read-only. A write returns ErrReadOnly.
	ReadOnly bool
	// Durability is the level of durability; zero means Normal.
	Durability Durability
	// Perm are the permissions of a new database file, and the widest
	// permissions of its -wal and -shm; 0 means 0600. Ignored on Windows.
	Perm fs.FileMode
	// PageSize is the page size of a new file in bytes, a power of two from
	// 512 to 65536; 0 means 16384. An existing file keeps its page size.
	PageSize int
	// CacheKiB is the page cache of the writer in KiB; 0 means 64,000. A
	// reader has an eighth of it, within 2,000 to 4,000.
	CacheKiB int
	// Readers is the number of idle read connections to keep; 0 means 4. More
	// connections open when more are in use at once.
	Readers int
	// BusyWait is how long one attempt waits in the engine for the write lock
	// of another process; 0 means 5 ms. The Retrier around the attempt decides
	// how often to try, and sleeps while it holds nothing.
	BusyWait time.Duration
	// GroupRows bounds the rows that one commit takes from the queue; 0 means
	// 20,000. A batch is never split.
	GroupRows int
	// GroupTime bounds how long one commit continues to take batches from the
	// queue; 0 means 50 ms. Other processes wait that long.
	GroupTime time.Duration
	// WALBytes is the size at which the writer checkpoints the WAL into the
	// file, and to which a longer WAL is cut back; 0 means 32 MiB. If readers
	// overlap constantly, the WAL grows to several times this size before it
	// restarts. While one reader continues, the WAL grows with every write.
	WALBytes int64
	// MaxValue is the largest text or blob in bytes; 0 means 32 MiB. A larger
	// value is refused with ErrTooLarge before the lock is taken. The engine
	// has 256 MiB for each connection, so values above 64 MiB are always
	// refused.
	MaxValue int
	// TempDir is the folder for the engine's temporary files, which large sorts,
	// Vacuum, Rebuild and indexes over many rows need, and for what is more than 8 MiB
	// of an encoded batch, which otherwise stays in memory; "" means the folder that
	// SQLITE_TMPDIR or TMPDIR names, or else the system's. Open refuses a TempDir
	// in which it cannot create a file. Without a usable folder, calls that need one
	// return ErrTempDir.
	TempDir string
	// LongRead is how long a query may hold its snapshot before it is
	// reported; 0 means one minute. A snapshot keeps the WAL from shrinking.
	LongRead time.Duration
	// OnLongRead, unless nil, is called once for each query that runs longer
	// than LongRead, in its own goroutine, while the query runs. Stats counts
	// such queries in any case.
	OnLongRead func(LongRead)
	// Logger, unless nil, gets a line for each fault and sign of one:
	// docs/monitoring.md lists the messages and their attributes. A line holds no
	// values of rows.
	Logger *slog.Logger
	// Observer, unless nil, receives each batch and checkpoint. Checkpoints are
	// those of the file: all DBs of this process that have it open share them, and
	// the first to open it hears of them.
	Observer store.Observer

	inMemory bool     // set by OpenMemory
	closed   bool     // the file must be closed, and nothing is created beside it; set by OpenClosed
	still    bool     // the file is read as it lies, without -wal and -shm; set by arrange
	foreign  *foreign // the tables of a file that galley did not create

	// For tests: the function that reports the kind of a file system, and the
	// VFS to use instead of vfsName.
	fileSystem func(path string) (fileid.FS, error)
	vfs        string
}

// LongRead is a query that holds its snapshot for a long time.
type LongRead struct {
	Table string        // the table it reads, or the name of the struct that it reads into
	Held  time.Duration // so far
}

// hooks receive what happens.
func (o *Options) hooks() observe.Hooks {
	return observe.Hooks{Observer: o.Observer, Logger: o.Logger}
}

const maxValue = 64 << 20

// withDefaults returns o with every zero replaced by what it means.
func (o Options) withDefaults() (Options, error) {
	bad := func(name string, v any, want string) error {
		return fmt.Errorf("%w: %s is %v, want %s", store.ErrOptions, name, v, want)
	}
	setDefault(&o.Perm, 0o600)
	setDefault(&o.PageSize, 16384)
	setDefault(&o.CacheKiB, 64_000)
	setDefault(&o.Readers, 4)
	setDefault(&o.BusyWait, 5*time.Millisecond)
	setDefault(&o.GroupRows, 20_000)
	setDefault(&o.GroupTime, 50*time.Millisecond)
	setDefault(&o.WALBytes, 32<<20)
	setDefault(&o.MaxValue, 32<<20)
	setDefault(&o.LongRead, time.Minute)
	setDefault(&o.vfs, vfsName)
	if o.fileSystem == nil {
		o.fileSystem = fileid.FileSystem
	}
	switch {
	case o.Durability > Full:
		return o, bad("Durability", uint8(o.Durability), "Normal or Full")
	case o.Perm&^0o777 != 0 || o.Perm&0o600 != 0o600:
		return o, bad("Perm", o.Perm, "permission bits that let the owner read and write")
	case o.PageSize < 512 || o.PageSize > 65536 || o.PageSize&(o.PageSize-1) != 0:
		return o, bad("PageSize", o.PageSize, "a power of two from 512 to 65536")
	case o.CacheKiB < 0 || o.Readers < 0 || o.GroupRows < 0 || o.WALBytes < 0:
		return o, fmt.Errorf("%w: CacheKiB, Readers, GroupRows and WALBytes must not be negative", store.ErrOptions)
	case o.BusyWait < 0 || o.GroupTime < 0 || o.LongRead < 0:
		return o, fmt.Errorf("%w: BusyWait, GroupTime and LongRead must not be negative", store.ErrOptions)
	case o.MaxValue < 0 || o.MaxValue > maxValue:
		return o, bad("MaxValue", o.MaxValue, "0 to 64 MiB")
	case o.ReadOnly && o.inMemory:
		return o, fmt.Errorf("%w: a database in memory cannot be read-only", store.ErrOptions)
	}
	return o, nil
}

func setDefault[V comparable](field *V, value V) {
	var zero V
	if *field == zero {
		*field = value
	}
}
