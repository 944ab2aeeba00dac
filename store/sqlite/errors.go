package sqlite

import "errors"

// The errors of a database file, beside those of package store. Each is wrapped
// with the path and the cause.
var (
	// ErrHardLink is returned when the file has more than one name: by a hard
	// link, or by a bind mount of the file itself (docker -v FILE:FILE). SQLite
	// would keep one write-ahead log for each name and lose the rows in the
	// other log (https://sqlite.org/howtocorrupt.html).
	ErrHardLink = errors.New("the file has several names")
	// ErrNoWAL is returned when the file system does not support write-ahead
	// logging.
	ErrNoWAL = errors.New("write-ahead logging is not available here")
	// ErrFileReplaced is returned when the database file, its -wal or its
	// -shm was removed, renamed or replaced while it was open, or its -wal was
	// cut or overwritten in place. Nothing of the batch was acknowledged. Close
	// the DB and find the program that did it.
	ErrFileReplaced = errors.New("the database file was removed or replaced while open")
	// ErrOtherSQLite is returned when another SQLite library of this process
	// (mattn/go-sqlite3, modernc.org/sqlite) has the file open. The system
	// would drop that library's locks whenever galley closes a file, and both
	// would write at the same time (https://sqlite.org/howtocorrupt.html).
	ErrOtherSQLite = errors.New("another SQLite library in this process has the file open")
	// ErrPathTooLong is returned when the path of a database, or the name in it, is
	// too long. The files beside it have longer names, so the limits are below the
	// system's.
	ErrPathTooLong = errors.New("the path is too long")
	// ErrModule is returned when a statement, or a trigger, view or index of another
	// program in the file, needs a module, function or collation that this
	// program's SQLite does not have, such as FTS5. The error names it. Drop the
	// trigger, view or index, or write to the table with that program.
	ErrModule = errors.New("this program's SQLite lacks a module, function or collation that the statement, or a trigger, view or index in the file, needs")
	// ErrInUse is returned by Clear when another connection is open, and by
	// OpenClosed.
	ErrInUse = errors.New("the database is in use")
	// ErrEngineVersion is returned by Open when the linked SQLite is older
	// than 3.51.3, which can corrupt a database in WAL mode.
	ErrEngineVersion = errors.New("this SQLite is too old")
	// ErrEngine is returned when the engine itself failed, for example because
	// it ran out of memory. The batch was rolled back, and the connection was
	// replaced.
	ErrEngine = errors.New("the engine failed")
)

// pathError adds the file's path to an error.
type pathError struct {
	path string
	err  error
}

func (e *pathError) Error() string { return "store: " + e.path + ": " + e.err.Error() }
func (e *pathError) Unwrap() error { return e.err }
